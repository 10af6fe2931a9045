"""What a sweep writes beside what its runs write: its plan, and what has become of each point."""

import pathlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from rnnjax.runs.durable import sync
from rnnjax.runs.workdir import WorkdirError, read_json, write_json
from rnnjax.settings.catalogue import short
from rnnjax.sweeps.criterion import Criterion
from rnnjax.sweeps.plan import Plan
from rnnjax.sweeps.sampling import Texts

ENDED = frozenset({"finished", "diverged", "pruned"})  # statuses of what is not gone on with
CHANGEABLE = frozenset({"sweep", "trials", "steps"})  # in which a plan that extends may differ


def point_folder(workdir: pathlib.Path, number: int) -> pathlib.Path:
    """Returns the folder of a point's run.

    Example:
        >>> point_folder(pathlib.Path("runs/sweep"), 7).as_posix()
        'runs/sweep/points/0007'
    """
    return workdir / "points" / f"{number:04d}"


def mark(
    workdir: pathlib.Path,
    statuses: Mapping[int, str],
    begun: Mapping[int, Texts] | None = None,
) -> None:
    """Writes what has become of points, beside their folders.

    Args:
        workdir: the sweep's folder.
        statuses: by the points' numbers.
        begun: the settings of points that begin now; others keep theirs.
    """
    written: list[pathlib.Path] = []
    (workdir / "points").mkdir(exist_ok=True)
    for number, status in statuses.items():
        settings = begun[number] if begun else begun_settings(workdir, number)
        if settings is not None:  # it was begun
            written.append(point_folder(workdir, number).with_suffix(".json"))
            about = {"number": number, "settings": settings, "status": status}
            write_json(written[-1], about, synced=False)
    sync(*written, workdir / "points")


def begun_settings(workdir: pathlib.Path, number: int) -> Texts | None:
    """Returns the swept settings of a point that was begun, None for another.

    Those that cannot be read are as good as lost: they are known otherwise.
    """
    return _read_mark(workdir, number).get("settings")


def has_ended(workdir: pathlib.Path, number: int) -> bool:
    """Says whether a point is not to be gone on with."""
    return _read_mark(workdir, number).get("status") in ENDED


def _read_mark(workdir: pathlib.Path, number: int) -> dict[str, Any]:
    path = point_folder(workdir, number).with_suffix(".json")
    try:
        return read_json(path) if path.exists() else {}
    except WorkdirError:
        return {}


def new_study(workdir: pathlib.Path) -> str:
    """Returns a name for the study of a folder's sweep that no other has, nor will have.

    Folders of one name may share a storage, and one may be deleted and begun again.
    """
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', workdir.name)}-{secrets.token_hex(8)}"


def study_of(workdir: pathlib.Path) -> str:
    """Returns the name of the study of a folder's sweep, once it has a plan."""
    about = read_json(workdir / "sweep.json")
    return about.get("study", workdir.name)  # older folders do not say


def write_plan(workdir: pathlib.Path, plan: Plan, criterion: Criterion, study: str) -> None:
    """Writes `sweep.json`: what `read_sweep`, `read_begun` and workers need to know."""
    write_json(
        workdir / "sweep.json",
        {
            "experiment": short(plan.settings.name),
            "study": study,
            "sweep": plan.sweep,
            "axes": plan.axes,
            "metric": criterion.metric,
            "higher_is_better": criterion.higher_is_better,
            "split": criterion.split,
            "sampler": plan.sampler,
            "steps": plan.settings.training.steps,
            "points": plan.size,
            "units": plan.units,
        },
    )


def read_units(workdir: pathlib.Path) -> list[list[Texts]]:
    """Returns the points of each unit, as far as `sweep.json` knows them."""
    return read_json(workdir / "sweep.json")["units"]


def read_criterion(workdir: pathlib.Path) -> Criterion:
    """Returns what the points of a folder's sweep are compared by."""
    about = read_json(workdir / "sweep.json")
    return Criterion(about["metric"], about["split"])


def config_of(plan: Plan) -> dict[str, Any]:
    """Returns all that decides what a sweep does."""
    config = plan.settings.config() | _cell_as_given(plan)
    for name in plan.axes:
        config.pop(name, None)
    return config | _of_sweep(plan)


def flags_of(plan: Plan) -> str:
    """Returns a flag file that sweeps again, in whatever folder."""
    settings, fields = plan.settings, plan.settings.experiment.fields
    texts = settings.texts | {k: fields[k].format(v) for k, v in _cell_as_given(plan).items()}
    fixed = {name: text for name, text in texts.items() if name not in plan.axes}
    options = {name: str(value) for name, value in _of_sweep(plan).items() if value is not None}
    return "".join(f"{line}\n" for line in settings.as_flags(fixed | options))


def _cell_as_given(plan: Plan) -> dict[str, Any]:
    """Returns the cell's name and its units apart, where one of them is swept."""
    values = plan.settings.values
    names = [name for name in ("cell", "hidden") if name in values]
    if len(names) < 2 or not set(names) & set(plan.axes):
        return {}
    if "(" in values["cell"] and "cell" not in plan.axes:
        return {}
    return {name: values[name] for name in names}


def _of_sweep(plan: Plan) -> dict[str, Any]:
    return {
        "sweep": plan.sweep,
        "sampler": plan.sampler,
        "trials": plan.trials,
        "pruner": plan.pruner,
    }
