"""Whole runs that share a program, each in its folder."""

import contextlib
import json
import pathlib
from collections.abc import Sequence
from typing import Any

import jax

from rnnjax.training.checkpoint import Checkpoints
from rnnjax.training.fit import Speed, fit
from rnnjax.training.log import PopulationLog
from rnnjax.training.optimizer import OptimizerSettings, make_optimizer
from rnnjax.training.population import (
    initial_population,
    population_mesh,
    population_program,
)
from rnnjax.training.progress import Progress
from rnnjax.training.recording import Recorder, read_metrics
from rnnjax.training.run import Place, Run, Watch, summarize
from rnnjax.training.state import parameter_count
from rnnjax.training.workdir import describe_environment, open_workdir, write_json


def carry_out_population(
    runs: Sequence[Run],
    places: Sequence[Place],
    home: pathlib.Path,
    *,
    devices: int,
    watch: Watch | None = None,
) -> list[dict[str, Any] | None]:
    """Begins or resumes runs that share a program, and finishes them; see `carry_out`.

    Each run's metrics are those of the run alone on one device. A run that diverges goes on without
    disturbing the others, its losses null, and ends without a summary. Nothing is drawn.

    Args:
        runs: E runs that differ in `optimizer`'s numbers, `seed`, `dropout` and `init_scale` alone.
        places: where each is written.
        home: the folder of the checkpoints, `[E, ...]` each.
        devices: over how many devices the runs are divided.
        watch: see `fit`; it gets the means over the runs.

    Returns:
        What each run's `summary.json` holds; None for one that has diverged.

    Raises:
        ValueError: if some runs have a dropout rate of their own and others the model's.
        WorkdirError: if a folder is not that run's.
        DivergedError: if all have diverged.
    """
    runs = _alike(runs)
    first, chances, plan = runs[0], [run.chance for run in runs], runs[0].plan
    settings = [run.optimizer for run in runs]
    mesh = population_mesh(devices)
    optimizer = make_optimizer(_shared(settings), plan.steps)
    begin = initial_population(first.objective, optimizer, settings, first.train, chances, mesh)
    env = describe_environment(first.seed)
    with contextlib.ExitStack() as stack:
        folders = [
            stack.enter_context(
                open_workdir(
                    place.folder,
                    flags=place.flags,
                    config=place.config,
                    env=env | {"seed": run.seed},
                )
            )
            for run, place in zip(runs, places, strict=True)
        ]
        kept = stack.enter_context(Checkpoints(home / "checkpoints"))
        resumed_from, states = kept.restore_latest(begin) or (0, begin)
        program = population_program(
            first.objective, optimizer, first.train, first.test, chances, states, mesh
        )
        with contextlib.ExitStack() as recording:
            recorders = [
                recording.enter_context(Recorder(folder, resume_step=resumed_from))
                for folder in folders
            ]
            progress = recording.enter_context(
                Progress(plan.steps, resumed_from, f"{first.name}, {len(runs)} runs")
            )
            states, speed = fit(
                program,
                plan,
                states,
                log=PopulationLog(recorders),
                checkpoints=kept,
                progress=progress,
                watch=watch,
            )
        parameters = parameter_count(jax.tree.map(lambda leaf: leaf[0], states.params))
        return [
            _sum_up(run, folder, speed, resumed_from, parameters)
            for run, folder in zip(runs, folders, strict=True)
        ]


def _alike(runs: Sequence[Run]) -> list[Run]:
    """Gives each run a number where any has one: one program has an array for all, or none."""
    if len({run.dropout is None for run in runs}) > 1:
        raise ValueError("all runs of a population have a dropout rate of their own, or none has")
    if any(run.init_scale is not None for run in runs):
        runs = [run._replace(init_scale=run.init_scale or 1.0) for run in runs]
    return list(runs)


def _shared(settings: Sequence[OptimizerSettings]) -> OptimizerSettings:
    """Returns settings whose rule clips gradients if any run does."""
    clip_norm = next((s.clip_norm for s in settings if s.clip_norm is not None), None)
    return settings[0]._replace(clip_norm=clip_norm)


def _sum_up(
    run: Run, folder: pathlib.Path, speed: Speed, resumed_from: int, parameters: int
) -> dict[str, Any] | None:
    if (folder / "summary.json").exists():  # of the process that was stopped here
        return json.loads((folder / "summary.json").read_text())
    summary = summarize(run, read_metrics(folder), speed, resumed_from)
    if summary["final"]["loss"] is None:
        return None
    summary["parameters"] = parameters
    write_json(folder / "summary.json", summary)
    return summary
