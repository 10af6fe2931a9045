"""What the units of a network do over time."""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax import unroll
from rnnjax.cells.base import Cell
from rnnjax.compose.with_states import with_states
from rnnjax.models.bidirectional import Bidirectional
from rnnjax.models.recurrent import Recurrent
from rnnjax.models.sequence import SequenceModel
from rnnjax.typing import Array, Params, State


class BothWays(NamedTuple):
    """What a `Bidirectional` layer has of each direction.

    Example:
        >>> BothWays(forward=1, backward=2)
        BothWays(forward=1, backward=2)
    """

    forward: Any
    backward: Any


def observe(
    model: SequenceModel,
    variables: Any,
    xs: Any,
    *,
    mask: Array | None = None,
    reset: Array | None = None,
) -> tuple[Any, ...]:
    """Returns the states over time of each recurrent layer, as after training: nothing is dropped.

    Each step's states are kept, so memory grows with T. Time is run by `unroll.scan`, which agrees
    with every engine and runs every cell, whatever engine the model trains with.

    Args:
        model: the network, with layers `Recurrent` and `Bidirectional`.
        variables: what `model.apply` takes, `{"params": params}`.
        xs: inputs, `[T, ..., D]`, or what the encoder takes.
        mask: boolean `[T, ...]`, False where there is no step; see `unroll.Engine`.
        reset: boolean `[T, ...]`, True where a new sequence begins.

    Returns:
        One entry a layer: the states after each step, `[T, ..., H]` each, in the cell's own type;
        zero where masked. Of a bidirectional layer a `BothWays` of two such. All are in the order
        of time, whichever way it was run.

    Raises:
        TypeError: if a layer is of another kind.

    Example:
        >>> from rnnjax.cells import GRU, LSTM
        >>> from rnnjax.models import Last
        >>> model = SequenceModel((Recurrent(LSTM(8)), Bidirectional(GRU(4))), Last(2))
        >>> xs = jnp.ones((5, 3, 2))
        >>> variables = model.init(jax.random.key(0), xs)
        >>> first, second = observe(model, variables, xs)
        >>> first.c.shape, second.backward.h.shape
        ((5, 3, 8), (5, 3, 4))
    """
    watchers = [_Watcher() for _ in model.layers]
    layers = tuple(_watched(*pair) for pair in zip(model.layers, watchers, strict=True))
    model.clone(layers=layers).apply(variables, xs, mask=mask, reset=reset)
    return tuple(
        _in_order(layer, watcher.seen) for layer, watcher in zip(layers, watchers, strict=True)
    )


class _Watcher:
    """An engine that keeps the states of what it runs."""

    def __init__(self) -> None:
        self.seen: list[State] = []

    def __call__(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
    ) -> tuple[State, Any]:
        after, observed = unroll.scan(with_states(cell), params, state, xs, mask=mask, reset=reset)
        self.seen.append(observed.state)
        return after, observed.y


def _watched(layer: nn.Module, watcher: _Watcher) -> nn.Module:
    if not isinstance(layer, Recurrent | Bidirectional):
        raise TypeError(f"observe sees Recurrent and Bidirectional layers; got {layer!r}")
    return layer.clone(engine=watcher)


def _in_order(layer: nn.Module, seen: list[State]) -> Any:
    """Puts what a layer's runs have left in the order of time."""
    if isinstance(layer, Bidirectional):
        forward, backward = seen
        return BothWays(forward, _flipped(backward))
    (states,) = seen
    return _flipped(states) if isinstance(layer, Recurrent) and layer.reverse else states


def _flipped(states: State) -> State:
    return jax.tree.map(lambda s: jnp.flip(s, 0), states)
