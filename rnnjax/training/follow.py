"""A run in a process that is not its first: it computes the same and writes nothing."""

from typing import Any, NamedTuple

from jax.sharding import Mesh

from rnnjax.training import leaves, processes
from rnnjax.training.devices import place_state
from rnnjax.training.fit import Plan, fit
from rnnjax.training.log import RunLog
from rnnjax.training.program import Program
from rnnjax.training.progress import Progress
from rnnjax.training.state import TrainState


class Beginning(NamedTuple):
    """What the first process tells of a run's folder.

    Attributes:
        resumed_from: the step of the checkpoint that training goes on from.
        summary: what a finished run has in `summary.json`.
    """

    resumed_from: int
    summary: dict[str, Any] | None


class _Nowhere:
    """Stands for the files of a run."""

    def write(self, step: int, split: str, metrics: dict[str, float]) -> None:
        """Writes nothing."""

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Writes nothing."""

    def save(self, step: int, state: TrainState, metrics: dict[str, float]) -> None:
        """Gives the first process the parts that lie here, which it saves."""
        leaves.to_host(state)


def follow(plan: Plan, program: Program, begin: TrainState, mesh: Mesh) -> dict[str, Any]:
    """Takes part in a run that the first process leads, and returns its summary.

    Raises:
        ValueError: if the first process cannot use the folder.
    """
    resumed_from, summary = processes.hear()
    if summary is not None:
        return summary
    fit(
        program,
        plan,
        place_state(processes.share(begin), mesh),
        log=RunLog(_Nowhere(), resumed_from),
        checkpoints=_Nowhere(),
        progress=Progress(plan.steps, enabled=False),
    )
    return processes.hear()
