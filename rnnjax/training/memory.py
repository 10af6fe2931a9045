"""How large training will be, before anything is drawn."""

import math
import os
from typing import Any, NamedTuple

import jax

from rnnjax.tasks.feed import first_of
from rnnjax.training.hyperparameters import Hyperparameters, stack
from rnnjax.training.members import make_initial
from rnnjax.training.program import Problem
from rnnjax.training.state import parameter_count


class Size(NamedTuple):
    """What one member is.

    Attributes:
        parameters: how many numbers the network has.
        bytes_needed: of parameters, their gradient, the optimizer's state and the best parameters,
            on each device; activations come on top.
    """

    parameters: int
    bytes_needed: int


def size_of(problem: Problem) -> Size:
    """Returns how large a member will be; nothing is computed.

    Raises:
        ValueError: if the network does not fit the task, in one line.
    """
    one = stack([Hyperparameters(dropout=0.0)])
    state = jax.eval_shape(make_initial(problem.learning), one, first_of(problem.train))
    params = _bytes(state.params)
    copies = 2 + ("validation" in problem.held_out)
    return Size(
        parameter_count(state.params),
        copies * params + _bytes(state.opt_state) + _bytes(state.average),
    )


def check_memory(size: Size, members: int = 1) -> None:
    """Refuses what cannot fit into the memory there is.

    Raises:
        ValueError: if it cannot, with both numbers.
    """
    device = jax.local_devices()[0]
    stats = device.memory_stats() or {}
    if device.platform == "cpu":
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    else:
        there = stats.get("bytes_limit", 0)
    wanted = members * size.bytes_needed
    if there and wanted > there:
        raise ValueError(
            f"{size.parameters:,} parameters need {in_words(wanted)} with gradient and optimizer, "
            f"more than the {in_words(there)} of memory here"
        )


def in_words(count: int) -> str:
    """Returns a number of bytes for people.

    Example:
        >>> in_words(1_500_000)
        '1.5 MB'
    """
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:,.1f} {unit}"
    return f"{count} bytes"


def _bytes(tree: Any) -> int:
    def of(leaf: Any) -> int:
        return math.prod(leaf.shape) * getattr(leaf.dtype, "itemsize", 4)

    return sum(map(of, jax.tree.leaves(tree)))
