"""A whole run in a folder: begun or resumed, trained, drawn, summed up."""

import json
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

from rnnjax.training.checkpoint import Checkpoints
from rnnjax.training.curves import draw_curves
from rnnjax.training.devices import data_mesh, place_state
from rnnjax.training.fit import Plan, Speed, fit
from rnnjax.training.log import RunLog
from rnnjax.training.objective import Objective
from rnnjax.training.optimizer import OptimizerSettings, make_optimizer
from rnnjax.training.program import run_program
from rnnjax.training.progress import Progress
from rnnjax.training.recording import Recorder, read_metrics
from rnnjax.training.sources import Source
from rnnjax.training.state import Chance, initial_state, parameter_count
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
    """

    folder: pathlib.Path
    flags: str
    config: dict[str, Any]


def carry_out(run: Run, place: Place, *, watch: Watch | None = None) -> dict[str, Any]:
    """Begins or resumes a run in its folder, and finishes it; a finished one is only looked up.

    Args:
        run: what to do.
        place: where.
        watch: see `fit`.

    Returns:
        What `summary.json` holds.

    Raises:
        WorkdirError: if the folder is not this run's; see `open_workdir`.
        DivergedError: if the loss is not finite any more.
    """
    mesh, chance = data_mesh(run.devices), run.chance
    optimizer = make_optimizer(run.optimizer, run.plan.steps)
    begin = place_state(initial_state(run.objective, optimizer, run.train, chance), mesh)
    env = describe_environment(run.seed)
    with open_workdir(place.folder, flags=place.flags, config=place.config, env=env) as folder:
        higher = run.best != "loss"
        with Checkpoints(folder / "checkpoints", best=run.best, higher_is_better=higher) as kept:
            resumed_from, state = kept.restore_latest(begin) or (0, begin)
            if resumed_from == run.plan.steps and (folder / "summary.json").exists():
                return json.loads((folder / "summary.json").read_text())
            with (
                Recorder(folder, resume_step=resumed_from) as recorder,
                Progress(run.plan.steps, resumed_from, run.name) as progress,
            ):
                state, speed = fit(
                    run_program(run.objective, optimizer, run.train, run.test, chance, mesh),
                    run.plan,
                    state,
                    log=RunLog(recorder, resumed_from),
                    checkpoints=kept,
                    progress=progress,
                    watch=watch,
                )
        draw_curves(folder, title=run.name, baseline=run.baseline)
        summary = summarize(run, read_metrics(folder), speed, resumed_from)
        summary["parameters"] = parameter_count(state.params)
        write_json(folder / "summary.json", summary)
    return summary


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
