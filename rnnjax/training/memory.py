"""How large training will be, before anything is drawn."""

import dataclasses
import math
import os
from typing import Any, NamedTuple

import jax

from rnnjax.batch import Batch
from rnnjax.learning.base import Learning, Rule
from rnnjax.models.recurrent import Recurrent
from rnnjax.tasks.feed import first_of
from rnnjax.training.hyperparameters import Hyperparameters, stack
from rnnjax.training.members import make_initial
from rnnjax.training.program import Problem
from rnnjax.training.state import first_batch, parameter_count


class Size(NamedTuple):
    """What one member is.

    Attributes:
        parameters: how many numbers the network has.
        bytes_needed: of parameters, their gradient, the optimizer's state, the best parameters, and
            what a learning rule carries, on each device; activations come on top.
        bytes_carried: those of a learning rule.
    """

    parameters: int
    bytes_needed: int
    bytes_carried: int = 0


def size_of(problem: Problem) -> Size:
    """Returns how large a member will be; nothing is computed.

    Raises:
        ValueError: if the network does not fit the task, in one line.
    """
    one, source = stack([Hyperparameters(dropout=0.0)]), first_of(problem.train)
    state = jax.eval_shape(make_initial(problem.learning), one, source)
    params = _bytes(state.params)
    copies = 2 + ("validation" in problem.held_out)
    shapes = jax.eval_shape(lambda: first_batch(source, jax.random.key(0)))
    carried = _bytes(_memories(problem.learning.objective.model, shapes))
    return Size(
        parameter_count(state.params),
        copies * params + _bytes(state.opt_state) + _bytes(state.average) + carried,
        carried,
    )


def _memories(model: Any, batch: Batch) -> list[Any]:
    """Returns the shapes of what the learning rules of a network's layers carry."""
    layers = getattr(model, "layers", ())
    if not any(isinstance(getattr(layer, "engine", None), Rule) for layer in layers):
        return []

    def carrying(layer: Any) -> Any:
        if not isinstance(layer, Recurrent) or not isinstance(layer.engine, Rule):
            return layer
        return layer.clone(engine=dataclasses.replace(layer.engine, carry=True))

    every = model.clone(layers=tuple(map(carrying, layers)))
    (states, _), _ = jax.eval_shape(
        lambda inputs: every.init_with_output(jax.random.key(0), inputs[:1]), batch.inputs
    )
    return [state.memory for state in states if isinstance(state, Learning)]


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
