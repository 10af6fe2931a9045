"""Sweeps that nobody ran: folders as a sweep leaves them, with results by a formula."""

import json
from typing import NamedTuple


class Made(NamedTuple):
    """A point: its settings, what became of it, and the metric at the steps of evaluations."""

    settings: dict
    status: str = "finished"
    curve: tuple = ()  # of (step, value); a finished point's last value is its result


def falling(final, *, steps=1000, every=100):
    """A curve that falls exponentially from 1 to `final`."""
    return tuple((step, final ** (step / steps)) for step in range(0, steps + 1, every))


def write_sweep(folder, points, *, metric="loss", higher_is_better=False, planned=None, text=""):
    """Writes the folder of a sweep whose axes are those of its first point."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "experiment": "adding",
        "sweep": text,
        "axes": list(points[0].settings) if points else ["learning_rate"],
        "metric": metric,
        "higher_is_better": higher_is_better,
        "points": planned,
    }
    write(folder / "sweep.json", about)
    for number, point in enumerate(points):
        write_point(folder / "points" / f"{number:04d}", number, point, metric)
    return folder


def write_point(folder, number, point, metric):
    folder.mkdir(parents=True)
    about = {"number": number, "settings": point.settings, "status": point.status}
    write(folder.with_name(f"{folder.name}.json"), about)
    (folder / "flags.txt").write_text("--experiment=adding\n")
    lines = [{"step": step, "split": "test", metric: value} for step, value in point.curve]
    lines += [{"step": 10, "split": "train", metric: 99.0}]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if point.status == "finished":
        tests = lines[:-1]
        best = min(
            (t for t in tests if t[metric] is not None), key=lambda t: t[metric], default=None
        )
        write(folder / "summary.json", {"final": tests[-1], "best": best, "seconds": 1.5})


def write(path, value):
    path.write_text(json.dumps(value))
