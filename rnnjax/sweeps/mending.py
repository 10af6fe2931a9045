"""What points that were done have lost since, and is to be made again."""

import logging
import pathlib
from collections.abc import Collection

import optuna

from rnnjax.runs.workdir import WorkdirError, read_json
from rnnjax.sweeps.folder import ENDED, point_folder
from rnnjax.sweeps.plan import Plan
from rnnjax.sweeps.progress import counted
from rnnjax.sweeps.records import read_point
from rnnjax.sweeps.units import UnitState, plan_again, state_of, tries_of

logger = logging.getLogger(__name__)


def fault_of(workdir: pathlib.Path, number: int, axes: Collection[str]) -> str | None:
    """Says why a point does not count as done, None where it does.

    Args:
        workdir: the sweep's folder.
        number: of the point.
        axes: the names of the swept settings.
    """
    folder = point_folder(workdir, number)
    path = folder.with_suffix(".json")
    for file in (path, folder / "config.json"):
        if not file.exists():
            return f"{file} is missing"
    try:
        point = read_point(path, list(axes))
    except ValueError as error:
        return str(error)
    return None if point.number == number and point.status in ENDED else f"{path} is of another"


def mend(plan: Plan, workdir: pathlib.Path, queue: optuna.Study) -> None:
    """Queues again the units that were done and have lost something; a line in the log says so.

    A worker leaves alone what is there of such a unit. Trials that have results keep them.

    Args:
        plan: what the sweep does.
        workdir: its folder.
        queue: the study of its units.
    """
    tries, faults = tries_of(queue), []
    for unit in range(len(plan.units)):
        if unit not in tries or state_of(tries[unit]) is not UnitState.FINISHED:
            continue
        own = {number: fault_of(workdir, number, plan.axes) for number in plan.numbers(unit)}
        lost = {number: fault for number, fault in own.items() if fault is not None}
        if lost:
            faults += lost.values()
            for number in lost:
                _set_aside(point_folder(workdir, number) / "config.json")
            plan_again(queue, unit)
    if faults:
        logger.warning("%s to be made again: %s", counted(len(faults), "point"), faults[0])


def _set_aside(config: pathlib.Path) -> None:
    """Renames a `config.json` that cannot be read: the sweep knows what the point was."""
    if not config.exists():
        return
    try:
        read_json(config)
    except WorkdirError:
        config.replace(config.with_name(f"{config.name}.damaged"))
