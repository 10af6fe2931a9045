"""Sweeps that nobody ran: folders as a sweep leaves them, with results by a formula."""

import json
from typing import NamedTuple


class Made(NamedTuple):
    """A point: its settings, what became of it, and the metric at the steps of evaluations.

    The metric on test data is the reciprocal: who looks at it by mistake ranks the other way round.
    """

    settings: dict
    status: str = "finished"
    curve: tuple = ()  # of (step, value)


def falling(final, *, steps=1000, every=100):
    """A curve that falls exponentially from 1 to `final`."""
    return tuple((step, final ** (step / steps)) for step in range(0, steps + 1, every))


def write_sweep(
    folder,
    points,
    *,
    metric="loss",
    higher_is_better=False,
    split="validation",
    planned=None,
    text="",
    config=None,
):
    """Writes the folder of a sweep whose axes are those of its first point."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "experiment": "adding",
        "sweep": text,
        "axes": list(points[0].settings) if points else ["learning_rate"],
        "metric": metric,
        "higher_is_better": higher_is_better,
        "split": split,
        "points": planned,
    }
    write(folder / "sweep.json", about)
    for number, point in enumerate(points):
        path = folder / "points" / f"{number:04d}"
        path.mkdir(parents=True)
        described = {"number": number, "settings": point.settings, "status": point.status}
        write(path.with_name(f"{path.name}.json"), described)
        (path / "flags.txt").write_text("--experiment=adding\n")
        if config is not None:
            write(path / "config.json", {"cell": "LSTM(8)", **point.settings, **config})
        write_run(path, point, about)
    return folder


def write_run(path, point, about):
    """Writes what a run leaves of its evaluations."""
    metric, split = about["metric"], about["split"]
    lines, evaluations = [], []
    for step, value in point.curve:
        parts = {"train": {metric: 99.0}, split: {metric: value}}
        parts.setdefault("test", {metric: 1 / value if value else value})
        lines += [{"step": step, "split": name, **metrics} for name, metrics in parts.items()]
        evaluations.append({"step": step, **parts})
    (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if point.status == "finished":
        sign = -1 if about["higher_is_better"] else 1
        known = [e for e in evaluations if e[split][metric] is not None]
        best = min(known, key=lambda e: sign * e[split][metric], default=None)
        if best is not None:  # it has no train metrics
            best = {name: best[name] for name in ("step", "validation", "test") if name in best}
        summary = {
            "name": "adding",
            "metric": metric,
            "final": evaluations[-1] if evaluations else None,
            "best": best if split == "validation" else None,
            "seconds": 1.5,
        }
        write(path / "summary.json", summary)


def write(path, value):
    path.write_text(json.dumps(value))
