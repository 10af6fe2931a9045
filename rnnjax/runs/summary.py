"""What a run has come to: its `summary.json`, and the figures that are drawn of it."""

import hashlib
import json
import logging
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnjax.runs.figures.style import not_drawn
from rnnjax.runs.keeping import Tree
from rnnjax.runs.recording import read_metrics
from rnnjax.runs.workdir import WorkdirError, plain, read_json, write_json
from rnnjax.training.state import parameter_count
from rnnjax.training.trained import Trained

FILE = "summary.json"
_DIGEST = "sha256"  # its name in the file

Summary = dict[str, Any]
Draw = Callable[[pathlib.Path, Trained, Summary], None]

logger = logging.getLogger(__name__)


def results(folder: pathlib.Path, tree: Tree) -> Summary:
    """Returns what a member has come to, of its metrics and its last checkpoint."""
    lines, best = read_metrics(folder), int(tree["best"]["step"])
    return {
        "final": _at(lines, int(tree["step"])),
        "best": _at(lines, best) if best else None,
        "steps": int(tree["step"]),
        "parameters": parameter_count(tree["params"]),
    }


def finished(
    folders: Sequence[pathlib.Path], tree: Tree | None, steps: int
) -> list[Summary | None] | None:
    """Returns the summaries of members that have all ended, None if there is something to do.

    Args:
        folders: of each.
        tree: what they were at last.
        steps: how many they are to make.
    """
    if tree is None:
        return None
    ended = np.atleast_1d(tree["ended"])
    if int(tree["step"]) < steps and not ended.all():
        return None
    there = [read_planned(folder) for folder in folders]
    missing = [found is None and end >= 0 for found, end in zip(there, ended, strict=True)]
    if any(missing) or any(found is not None and found["planned"] != steps for found in there):
        return None
    return there


def draw_missing(folder: pathlib.Path, tree: Tree, objective: Any, draw: Draw) -> None:
    """Draws the figures of a run unless it has them; where they fail it is finished all the same.

    Args:
        folder: the run's, with its summary.
        tree: its last checkpoint.
        objective: what was learned.
        draw: draws.
    """
    summary = read_planned(folder)
    # Once they were drawn before there was a summary.
    if summary is None or summary.get("figures", True):
        return
    judged = tree["params"] if tree["average"] is None else tree["average"]
    chosen = tree["best"]["params"] if summary["best"] else judged
    try:
        draw(folder, Trained(objective, chosen), summary)
        write_summary(folder, summary | {"figures": True})
    except Exception as error:  # whatever it is, the run is worth more
        logger.warning("%s, the same command tries again", not_drawn(folder, error))


def write_summary(folder: pathlib.Path, summary: Summary, *, synced: bool = True) -> None:
    """Writes a summary with a digest of what it says; see `write_json`."""
    summary = plain(summary)
    write_json(folder / FILE, summary | {_DIGEST: _digest(summary)}, synced=synced)


def read_summary(folder: pathlib.Path) -> Summary | None:
    """Returns what a run's summary says, None where there is none.

    Raises:
        WorkdirError: it cannot be read, or is not as it was written.
    """
    file = folder / FILE
    if not file.exists():
        return None
    found = read_json(file)
    if found.pop(_DIGEST, None) not in (None, _digest(found)):  # None in those of before
        raise WorkdirError(f"{file} has changed since it was written")
    return found


def read_planned(folder: pathlib.Path) -> Summary | None:
    """Returns the summary as `read_summary` does, None where it is to be written anew."""
    try:
        found = read_summary(folder)
    except WorkdirError as error:
        logger.warning("%s; it is written anew", error)
        return None
    return found if found is not None and "planned" in found else None


def _digest(summary: Summary) -> str:
    return hashlib.sha256(json.dumps(summary, sort_keys=True).encode()).hexdigest()


def _at(lines: Sequence[dict[str, Any]], step: int) -> dict[str, Any]:
    """Returns the metrics of a step by split."""
    found = {line["split"]: line for line in lines if line["step"] == step}
    return {"step": step} | {
        split: {name: v for name, v in line.items() if name not in ("step", "split")}
        for split, line in found.items()
    }
