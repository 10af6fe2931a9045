"""What a run is: what is trained, by which members, and where each is written."""

import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from jax.sharding import Mesh

from rnnjax.runs.checkpoint import Checkpoints
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.program import Problem


class Workdir(NamedTuple):
    """The folder of one member.

    Attributes:
        folder: where it is written.
        flags: the command line's flags, for `flags.txt`.
        config: the settings that have to agree for the run to be resumed.
    """

    folder: pathlib.Path
    flags: str
    config: dict[str, Any]


class Run(NamedTuple):
    """What is done, and where it is written.

    Attributes:
        name: what the run is called on screen.
        problem: what is trained.
        members: the numbers of each member.
        workdirs: of each member.
        mesh: the devices.
        home: where the checkpoints of several members lie together until they have ended; those
            of one lie in its own folder.
        data: what is trained on, in a word.
        changeable: settings in which a folder may differ that is gone on with.
    """

    name: str
    problem: Problem
    members: Sequence[Hyperparameters]
    workdirs: Sequence[Workdir]
    mesh: Mesh
    home: pathlib.Path | None = None
    data: str = ""
    changeable: frozenset[str] = frozenset()

    @property
    def alone(self) -> bool:
        """Whether there is one member."""
        return len(self.members) == 1

    @property
    def checkpoints(self) -> pathlib.Path:
        """Where checkpoints are written while members train."""
        return (self.home or self.workdirs[0].folder) / "checkpoints"

    def open_checkpoints(self) -> Checkpoints:
        """Opens them; those of evaluations last, and not those of a run that is told to end."""
        return Checkpoints(self.checkpoints, lasts=self.problem.plan.evaluates_at)
