"""One unit of a sweep: points that share a program, trained together, each in its folder."""

import json
import math
import pathlib
from collections.abc import Callable

import optuna
from absl import flags

from experiments import _common, _points, _run
from rnnjax import training
from rnnjax.training.workdir import write_json

FLAGS = flags.FLAGS


def train(
    points: dict[int, dict[str, str]],
    build: Callable[[], _run.Problem],
    home: pathlib.Path,
    workdir: pathlib.Path,
    trial: optuna.Trial,
) -> float:
    """Trains points that share a program, and returns the mean of their final metric.

    Args:
        points: their settings by their numbers.
        build: returns what is trained, from the flags.
        home: the folder of the checkpoints of more than one.
        workdir: the sweep's folder.
        trial: is told the mean metric at each evaluation, and may say to stop.

    Returns:
        The mean, or the worst there is if a point has diverged.

    Raises:
        optuna.TrialPruned: if the trial says to stop.
    """
    first = next(iter(points.values()))
    with _points.flags_set(first):
        problem = build()
        devices = _common.suitable_devices()
    alone = len(points) == 1
    runs, places = [], []
    for number, settings in points.items():
        folder = workdir / "points" / f"{number:04d}"
        with _points.flags_set(settings):
            runs.append(_run.run_of(problem, devices if alone else 1))
            places.append(_run.place_of(problem, devices if alone else 1, folder))
        mark(workdir, number, "running", settings)
    if any(run.dropout for run in runs):
        runs = [run._replace(dropout=run.dropout or 0.0) for run in runs]

    def watch(step: int, metrics: dict[str, float]) -> None:
        trial.report(metrics[problem.best], step)
        if trial.should_prune():
            raise optuna.TrialPruned

    try:
        if alone:
            summaries = [training.carry_out(runs[0], places[0], watch=watch)]
        else:
            summaries = training.carry_out_population(
                runs, places, home, devices=min(_common.device_count(), len(runs)), watch=watch
            )
    except training.DivergedError:
        summaries = [None] * len(points)
    except optuna.TrialPruned:
        for number in points:
            mark(workdir, number, "pruned")
        raise
    for number, summary in zip(points, summaries, strict=True):
        mark(workdir, number, "diverged" if summary is None else "finished")
    finals = [math.nan if s is None else s["final"][problem.best] for s in summaries]
    mean = sum(finals) / len(finals)
    worst = math.inf if problem.best == "loss" else -math.inf
    return mean if math.isfinite(mean) else worst


def mark(
    workdir: pathlib.Path, number: int, status: str, settings: dict[str, str] | None = None
) -> None:
    """Writes what has become of a point, beside its folder; its settings stay as they were."""
    path = workdir / "points" / f"{number:04d}.json"
    path.parent.mkdir(exist_ok=True)
    if settings is None:
        if not path.exists():  # it was never begun
            return
        settings = json.loads(path.read_text())["settings"]
    write_json(path, {"number": number, "settings": settings, "status": status})
