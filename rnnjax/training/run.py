"""A whole run in a folder: begun or resumed, trained, drawn, summed up."""

import contextlib
import json
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jax.sharding import Mesh

from rnnjax.training import processes
from rnnjax.training.checkpoint import Checkpoints
from rnnjax.training.curves import draw_curves
from rnnjax.training.devices import data_mesh, place_state
from rnnjax.training.fit import Plan, Speed, fit
from rnnjax.training.follow import Beginning, follow
from rnnjax.training.log import RunLog
from rnnjax.training.objective import Objective
from rnnjax.training.optimizer import OptimizerSettings, make_optimizer
from rnnjax.training.profile import profiled
from rnnjax.training.program import Program, run_program
from rnnjax.training.progress import Progress
from rnnjax.training.recording import Recorder, read_metrics
from rnnjax.training.sources import Source
from rnnjax.training.state import Chance, TrainState, initial_state, parameter_count
from rnnjax.training.workdir import describe_environment, open_workdir, write_json

Watch = Callable[[int, dict[str, float]], None]


class Run(NamedTuple):
    """Everything that makes one run what it is.

    Attributes:
        name: what the run is called on screen and in plots.
        objective: what is minimised.
        train: the batches of training.
        test: the batches of evaluation.
        plan: how long.
        optimizer: how.
        seed: of every chance in it.
        devices: over how many devices each batch is divided.
        best: the test metric by which the best checkpoint is kept; the least loss, or the most of
            anything else.
        data: what is trained on, in a sentence.
        baseline: a loss worth a line in the plot, None for none.
        dropout: how often a feature between layers is dropped; None for as the model says.
        init_scale: factor on the first weight matrices; None for 1.
        time_devices: over how many devices each sequence is divided, by `unroll.time_sharded`.
    """

    name: str
    objective: Objective
    train: Source
    test: Source
    plan: Plan
    optimizer: OptimizerSettings
    seed: int
    devices: int
    best: str
    data: str
    baseline: float | None = None
    dropout: float | None = None
    init_scale: float | None = None
    time_devices: int = 1

    @property
    def chance(self) -> Chance:
        """What the run leaves to chance."""
        return Chance.from_seed(self.seed, dropout=self.dropout, init_scale=self.init_scale)


class Place(NamedTuple):
    """Where a run is written.

    Attributes:
        folder: the workdir.
        flags: the command line's flags, for `flags.txt`.
        config: the settings that have to agree for a run to be resumed.
        profile: whether a trace of some compiled calls is kept in `profile/`.
    """

    folder: pathlib.Path
    flags: str
    config: dict[str, Any]
    profile: bool = False


def carry_out(run: Run, place: Place, *, watch: Watch | None = None) -> dict[str, Any]:
    """Begins or resumes a run in its folder, and finishes it; a finished one is only looked up.

    Of several processes, the first one alone uses the folder.

    Args:
        run: what to do.
        place: where.
        watch: see `fit`.

    Returns:
        What `summary.json` holds.

    Raises:
        WorkdirError: if the folder is not this run's; see `open_workdir`.
        ValueError: if the run's processes differ in their settings.
        LostProcessError: if another process has ended.
        DivergedError: if the loss is not finite any more.
    """
    with processes.translated():
        processes.check_settings(place.config)
        mesh, chance = data_mesh(run.devices, run.time_devices), run.chance
        optimizer = make_optimizer(run.optimizer, run.plan.steps)
        begin = jax.device_get(initial_state(run.objective, optimizer, run.train, chance))
        program = run_program(run.objective, optimizer, run.train, run.test, chance, mesh)
        if processes.is_first():
            return _lead(run, place, program, begin, mesh, watch)
        return follow(run.plan, program, begin, mesh)


def _lead(
    run: Run,
    place: Place,
    program: Program,
    begin: TrainState,
    mesh: Mesh,
    watch: Watch | None,
) -> dict[str, Any]:
    """Trains and writes the folder."""
    env = describe_environment(run.seed)
    with contextlib.ExitStack() as held:
        with processes.telling_errors():
            folder = held.enter_context(
                open_workdir(place.folder, flags=place.flags, config=place.config, env=env)
            )
            kept = held.enter_context(
                Checkpoints(
                    folder / "checkpoints", best=run.best, higher_is_better=run.best != "loss"
                )
            )
            resumed_from, state = kept.restore_latest(begin) or (0, begin)
            summary = _read_summary(folder) if resumed_from == run.plan.steps else None
        processes.tell(Beginning(resumed_from, summary))
        if summary is not None:
            return summary
        with (
            Recorder(folder, resume_step=resumed_from) as recorder,
            Progress(run.plan.steps, resumed_from, run.name) as progress,
            profiled(program, folder / "profile" if place.profile else None) as program,
        ):
            state, speed = fit(
                program,
                run.plan,
                place_state(processes.share(state), mesh),
                log=RunLog(recorder, resumed_from),
                checkpoints=kept,
                progress=progress,
                watch=watch,
            )
        draw_curves(folder, title=run.name, baseline=run.baseline)
        summary = summarize(run, read_metrics(folder), speed, resumed_from)
        summary["parameters"] = parameter_count(state.params)
        write_json(folder / "summary.json", summary)
    processes.tell(summary)
    return summary


def _read_summary(folder: pathlib.Path) -> dict[str, Any] | None:
    path = folder / "summary.json"
    return json.loads(path.read_text()) if path.exists() else None


def summarize(
    run: Run, lines: list[dict[str, Any]], speed: Speed, resumed_from: int
) -> dict[str, Any]:
    """Returns what `summary.json` says of the lines of `metrics.jsonl`."""
    tests = [line for line in lines if line["split"] == "test"]
    sign = -1 if run.best == "loss" else 1
    ranked = [line for line in tests if line[run.best] is not None]
    return {
        "name": run.name,
        "final": tests[-1],
        "best": max(ranked, key=lambda line: sign * line[run.best], default=None),
        "steps": run.plan.steps,
        "resumed_from": resumed_from,
        "seconds": round(speed.seconds, 2),
        "examples_per_second": round(speed.examples_per_second, 1),
        "data": run.data,
    }
