"""A sweep of a small network, with a training that only writes what a formula says."""

import contextlib
import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np

from rnnjax.settings import Experiment, Recurrent, Settings, Training
from rnnjax.tasks import Adding
from rnnjax.training import DivergedError
from rnnjax.training.loop import Moment

SETTINGS = Settings(
    "adding",
    Experiment(
        Adding(4),
        Recurrent("Elman(2)"),
        Training(steps=4, batch_size=4, log_every=2, eval_every=2),
    ),
)


def formula(numbers, step):
    """The validation loss of a run: the less, the nearer its rate is to 0.01."""
    return abs(math.log10(numbers.learning_rate) + 2) + 0.1 * numbers.seed + 1 / step


class Formula:
    """Takes the place of `runs.run.train`.

    Attributes:
        runs: the seeds and rates of each call.
        before: is called before each.
        within: makes what each runs in.
    """

    def __init__(self):
        self.runs: list[list[tuple[int, float]]] = []
        self.before: Callable[[], None] = lambda: None
        self.within: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext

    def __call__(self, run, *, listeners=(), **options):
        self.before()
        with self.within():
            return self._train(run, listeners)

    def _train(self, run, listeners):
        self.runs.append([(m.seed, m.learning_rate) for m in run.members])
        lost = np.array([m.learning_rate > 1e30 for m in run.members])
        if lost.all():
            raise DivergedError("the loss is inf")
        curves = [[] for _ in run.members]
        for step in range(2, run.problem.plan.steps + 1, 2):
            losses = np.array([formula(m, step) for m in run.members])
            for curve, loss in zip(curves, losses, strict=True):
                curve.append({"step": step, "split": "validation", "loss": float(loss)})
                curve.append({"step": step, "split": "test", "loss": float(loss) + 1})
            self._write(run, curves, lost)
            moment = Moment(step, {"validation": {"loss": losses}}, ~lost, None, 1.0)
            for listener in listeners:
                listener.logged(moment)
                listener.evaluated(moment)
        return [None if gone else {} for gone in lost]

    def _write(self, run, curves, lost):
        for workdir, curve, gone in zip(run.workdirs, curves, lost, strict=True):
            workdir.folder.mkdir(parents=True, exist_ok=True)
            (workdir.folder / "flags.txt").write_text(workdir.flags)
            (workdir.folder / "config.json").write_text(json.dumps(workdir.config))
            lines = "".join(json.dumps(line) + "\n" for line in curve)
            (workdir.folder / "metrics.jsonl").write_text(lines)
            if not gone:
                best = {
                    "step": curve[-1]["step"],
                    "validation": {"loss": curve[-2]["loss"]},
                    "test": {"loss": curve[-1]["loss"]},
                }
                summary = {"best": best, "final": best, "seconds": 1.5}
                (workdir.folder / "summary.json").write_text(json.dumps(summary))
