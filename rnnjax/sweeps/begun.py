"""A sweep that a folder holds already, and how it can be extended."""

import collections
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from rnnjax.runs.workdir import WorkdirError, read_json
from rnnjax.settings import Settings
from rnnjax.sweeps.sampling import Texts
from rnnjax.sweeps.space import Axis, Choices, read_space

_ANOTHER = "name another --workdir"


class Begun(NamedTuple):
    """What `sweep.json` says of a sweep's plan.

    Attributes:
        sweep: the axes as they were given.
        axes: what points differ in.
        sampler: how points are chosen.
        steps: the updates of a point, where they are no axis.
        units: the points of each unit.
    """

    sweep: str
    axes: tuple[str, ...]
    sampler: str
    steps: int
    units: list[list[Texts]]


def read_begun(workdir: pathlib.Path) -> Begun | None:
    """Returns what a folder's sweep has planned, None where there is none yet.

    Raises:
        ValueError: if `sweep.json` cannot be read.
    """
    path = workdir / "sweep.json"
    if not path.exists():
        return None
    about = read_about(workdir)
    try:
        return Begun(
            about["sweep"], tuple(about["axes"]), about["sampler"], about["steps"], about["units"]
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} describes no sweep: {error}") from None


def read_about(workdir: pathlib.Path) -> dict[str, Any]:
    """Returns what a folder's `sweep.json` holds.

    Raises:
        ValueError: if it cannot be read; the line says what helps.
    """
    try:
        return read_json(workdir / "sweep.json")
    except WorkdirError as error:
        raise WorkdirError(
            f"{error}; unless the sweep was extended, delete the file and its command makes it "
            "again of the points"
        ) from error


def respelled(space: dict[str, Axis], settings: Settings, begun: Begun | None) -> dict[str, Axis]:
    """Returns a space whose values are spelled as they were begun with, 1e-3 for 0.001."""
    if begun is None:
        return space
    fields = settings.experiment.fields
    points = [point for unit in begun.units for point in unit]
    found = dict(space)
    for name, axis in space.items():
        if isinstance(axis, Choices):
            parse = fields[name].parse
            there = {parse(text): text for text in {p[name] for p in points if name in p}}
            found[name] = Choices(tuple(there.get(parse(text), text) for text in axis.values))
    return found


def left_to_do(
    wanted: Sequence[list[Texts]],
    settings: Settings,
    space: dict[str, Axis],
    sampler: str,
    begun: Begun | None,
) -> list[list[Texts]]:
    """Returns the trials that a folder's sweep does not have, as lists of their points.

    Args:
        wanted: the trials of the whole sweep.
        settings: what all points share.
        space: the axes, spelled as in the folder.
        sampler: how points are chosen.
        begun: the folder's sweep, None for none.

    Raises:
        ValueError: if what there is would not be kept.
    """
    if begun is None:
        return list(wanted)
    if begun.sampler != sampler:
        raise ValueError(f"--sampler: the folder's sweep is of {begun.sampler}: {_ANOTHER}")
    if sampler == "grid":
        return _left_of_grid(wanted, space, begun)
    return _left_of_search(wanted, settings, space, begun)


def is_extended(begun: Begun, settings: Settings, sampler: str, grows: bool) -> bool:
    """Says whether a folder's sweep is to do more than was planned.

    Args:
        begun: the folder's sweep.
        settings: what all points share now.
        sampler: how points are chosen.
        grows: whether there are more points.

    Raises:
        ValueError: if its runs cannot be gone on with.
    """
    steps = settings.training.steps
    if "steps" in begun.axes or steps == begun.steps:
        return grows
    if steps < begun.steps:
        raise ValueError(f"--steps={steps}: the folder's runs have {begun.steps}: {_ANOTHER}")
    if sampler == "tpe":
        raise ValueError(
            f"--steps={steps}: tpe has learned from runs of {begun.steps} steps: {_ANOTHER}"
        )
    own = settings.training.schedule
    schedules = {point.get("schedule", own) for unit in begun.units for point in unit}
    if falling := sorted(schedules - {"constant"}):
        raise ValueError(
            f"--steps={steps}: the rate of --schedule={falling[0]} depends on the {begun.steps} "
            f"steps of the folder's runs: {_ANOTHER}"
        )
    return True


def _left_of_grid(
    wanted: Sequence[list[Texts]], space: dict[str, Axis], begun: Begun
) -> list[list[Texts]]:
    if set(space) != set(begun.axes):
        raise ValueError(f"--sweep: the folder's sweep varies {', '.join(begun.axes)}: {_ANOTHER}")
    there = [point for unit in begun.units for point in unit]
    for name, axis in space.items():
        assert isinstance(axis, Choices), "a grid has lists"
        lost = [point[name] for point in there if point[name] not in axis.values]
        if lost:
            raise ValueError(
                f"--sweep: the folder's sweep has {name}={lost[0]} as well: give it too, or "
                f"{_ANOTHER}"
            )
    known = {frozenset(point.items()) for point in there}
    return [[point] for [point] in wanted if frozenset(point.items()) not in known]


def _left_of_search(
    wanted: Sequence[list[Texts]], settings: Settings, space: dict[str, Axis], begun: Begun
) -> list[list[Texts]]:
    before = respelled(read_space(begun.sweep), settings, begun)
    if list(space.items()) != list(before.items()):
        raise ValueError(
            f"--sweep: the folder's search is of {begun.sweep!r}, and only the --trials of a "
            f"search can grow: {_ANOTHER}"
        )
    there = [point for unit in begun.units for point in unit]
    size = len(wanted[0])
    if len(there) > size * len(wanted):
        raise ValueError(f"--trials: the folder's search has {len(there) // size}: {_ANOTHER}")
    if begun.sampler == "tpe":
        return list(wanted[len(there) // size :])
    known = collections.Counter(frozenset(point.items()) for point in there)
    left = []
    for trial in wanted:
        drawn = frozenset(trial[0].items())
        if known[drawn]:
            known -= collections.Counter(frozenset(point.items()) for point in trial)
        else:
            left.append(trial)
    if known:
        raise ValueError(f"--sampler: the folder's points were drawn otherwise: {_ANOTHER}")
    return left
