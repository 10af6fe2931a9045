"""Where a run in folders was left, and whether it can be gone on with from there."""

import pathlib
from collections.abc import Sequence
from typing import Any

import jax

from rnnjax.runs.checkpoint import NoCheckpointError, read_checkpoint
from rnnjax.runs.keeping import Tree, as_tree, member_of, stacked
from rnnjax.runs.step_files import steps_in
from rnnjax.runs.work import Run
from rnnjax.runs.workdir import WorkdirError
from rnnjax.training.loop import Members


def refuse_more_steps(run: Run) -> None:
    """Refuses folders whose runs have come further than this one will, before one is changed.

    Raises:
        WorkdirError: if there is one.
    """
    for workdir in run.workdirs if run.changeable else ():
        try:
            step, _ = read_checkpoint(workdir.folder / "checkpoints", prefix="step")
        except NoCheckpointError:
            continue
        if step > run.problem.plan.steps:
            raise WorkdirError(
                f"workdir {workdir.folder} holds a run of {step} steps already, "
                f"more than {run.problem.plan.steps}"
            )


def restore(run: Run, first: Members) -> tuple[Tree | None, dict[str, Any]]:
    """Returns what members were at last, nothing if they have yet to begin, and what is beside it.

    Args:
        run: whose folders are open.
        first: what its members are before the first update.

    Raises:
        WorkdirError: if there are checkpoints, and none of them can be read.
    """
    like = as_tree(jax.device_get(first), alone=run.alone)
    if run.checkpoints.is_dir():
        with run.open_checkpoints() as kept:
            found = kept.restore_latest(like)
            if found is not None:
                return found.state, found.extra
            _refuse_damaged(run.checkpoints, kept.steps())
    if run.alone:
        return None, {}
    own: list[Tree] = []
    for workdir in run.workdirs:
        folder = workdir.folder / "checkpoints"
        try:
            own.append(read_checkpoint(folder, member_of(like, 0))[1])
        except NoCheckpointError:
            _refuse_damaged(folder, steps_in(folder))
            return None, {}  # this one has never had any
    furthest = max(int(tree["step"]) for tree in own)
    behind = [tree for tree in own if int(tree["step"]) < furthest and not tree["ended"]]
    return None if behind else stacked(own), {}


def _refuse_damaged(folder: pathlib.Path, steps: Sequence[int]) -> None:
    """Refuses to begin anew where a run was: that would take away what it has left."""
    if steps:
        raise WorkdirError(
            f"none of the checkpoints in {folder} can be read, those of steps "
            f"{', '.join(map(str, steps))}: move them away to begin anew"
        )
