"""Units of any cell put out of action while it runs."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax import unroll
from rnnjax.cells.base import Cell, LinearCell, SplitCell
from rnnjax.compose.base import wrap
from rnnjax.compose.wrapper import Wrapper
from rnnjax.typing import Array, Key, Params, State


class AblatedParams(NamedTuple):
    """Parameters of `Ablated`.

    Attributes:
        cell: the cell's.
        kept: how much of each number of a state is left, 0 to 1: one state, unbatched, of reals.
        value: what takes the place of the rest, one state.

    Example:
        >>> AblatedParams(cell=(), kept=1.0, value=0.0).kept
        1.0
    """

    cell: Params
    kept: State
    value: State


class Ablated(Wrapper):
    """A cell units of which are clamped after each step, `s_t = k * s~_t + (1 - k) * v`.

    `s~_t` is what the cell makes. The output is that of the changed state, and the next step sees
    it; the state before the first step is not changed. k and v are parameters, so that `jax.vmap`
    over them runs many ablations at once, and a gradient by k says what the first bit of one does.
    Numbers that are no reals or complex ones are left alone. `ablating` does it in any network.

    Example:
        >>> from rnnjax import unroll
        >>> from rnnjax.cells import GRU
        >>> cell = Ablated(GRU(2))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> params = params._replace(kept=jax.tree.map(lambda k: k.at[0].set(0), params.kept))
        >>> state = cell.initial_state(params)
        >>> unroll.scan(cell, params, state, jnp.ones((5, 3)))[1][:, 0].tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0]
    """

    params_type = AblatedParams
    keeps = (SplitCell, LinearCell)

    def init(self, key: Key, input_dim: int) -> AblatedParams:
        """Draws the cell's parameters; nothing is ablated."""
        params = self.cell.init(key, input_dim)
        state = self.cell.initial_state(params)
        kept = jax.tree.map(lambda s: jnp.ones(s.shape, _real(s)), state)
        return AblatedParams(params, kept, jax.tree.map(jnp.zeros_like, state))

    def change_state(
        self, params: AblatedParams, before: State, after: State, noise: None
    ) -> State:
        """Clamps what is not kept."""
        del before, noise

        def clamp(new: Array, kept: Array, value: Array) -> Array:
            if not jnp.issubdtype(new.dtype, jnp.inexact):
                return new
            kept, value = (jnp.broadcast_to(x, new.shape) for x in (kept, value))
            return (kept * new + (1 - kept) * value).astype(new.dtype)

        return jax.tree.map(clamp, after, params.kept, params.value)

    def change_coefficients(
        self, params: AblatedParams, decay: Array, drive: Array, noise: None
    ) -> tuple[Array, Array]:
        """Returns `k a` and `k b + (1 - k) v`."""
        del noise
        kept, value = (jnp.broadcast_to(x.h, decay.shape) for x in (params.kept, params.value))
        return kept * decay, kept * drive + (1 - kept) * value


class _Ablating:
    """An engine that runs cells with some of their units ablated."""

    def __init__(self, units: Any, value: Any, engine: unroll.Engine) -> None:
        self.units, self.value, self.engine = units, value, engine

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
        changed, input_dim = wrap(cell, Ablated), jax.tree.leaves(xs)[0].shape[-1]
        like = jax.eval_shape(lambda: changed.init(jax.random.key(0), input_dim))
        own = jax.eval_shape(cell.initial_state, params)
        kept = jax.tree.map(
            lambda s, x: (1 - x).astype(_real(s)), own, _spread(self.units, own, "units")
        )
        value = jax.tree.map(lambda s, x: x.astype(s.dtype), own, _spread(self.value, own, "value"))
        params = _put(like, params, kept, value)
        return self.engine(changed, params, state, xs, mask=mask, reset=reset)


def ablating(units: Any, value: Any = 0.0, *, engine: unroll.Engine = unroll.scan) -> unroll.Engine:
    """Returns an engine that runs any cell with units ablated, for a cell or a layer of a network.

    The units are clamped after each step, so that the next step, the output and the layers above
    see the clamped ones; see `Ablated`. What is ablated of an LSTM is a question: `LSTMState(c=1,
    h=1)` takes a unit away, h alone leaves its memory, from which it recovers at the next step.

    Args:
        units: 1 or True where a number of the state is ablated: like one state without batch axes,
            or a prefix of one, as in `jax.vmap`. One array `[H]` ablates unit j of each array of
            the state, `(first, second)` those of a stack's cells.
        value: in their place, likewise: 0, or what they are on average.
        engine: which runs the cell.

    Raises:
        ValueError: when run, if units or values do not fit the cell's state.
        TypeError: when run, if it cannot be told what the output is after a changed state.

    Example: an LSTM without its first unit, by itself and as a layer.
        >>> from rnnjax import cells, models
        >>> without = ablating(jnp.array([True, False, False]))
        >>> cell, xs = cells.LSTM(3), jnp.ones((5, 2, 4))
        >>> params = cell.init(jax.random.key(0), 4)
        >>> state, ys = without(cell, params, cell.initial_state(params, (2,)), xs)
        >>> state.c[:, 0].tolist(), ys[-1, :, 0].tolist()
        ([0.0, 0.0], [0.0, 0.0])
        >>> model = models.SequenceModel((models.Recurrent(cell),), models.Last(1))
        >>> ablated = model.clone(layers=(model.layers[0].clone(engine=without),))
    """
    return _Ablating(units, value, engine)


def _real(leaf: Any) -> Any:
    return jnp.finfo(leaf.dtype).dtype if jnp.issubdtype(leaf.dtype, jnp.inexact) else jnp.float32


def _spread(prefix: Any, state: State, name: str) -> State:
    """Returns a prefix of a state as one, of reals or complex numbers."""

    def leaf(x: Any, own: Any) -> Array:
        x = jnp.asarray(x)
        x = x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(jnp.float32)
        pairs = zip(x.shape[::-1], own.shape[::-1], strict=False)
        if x.ndim > own.ndim or not all(size in (1, wanted) for size, wanted in pairs):
            raise ValueError(f"{x.shape} is not {own.shape}")
        return jnp.broadcast_to(x, own.shape)

    try:
        return jax.tree.map(leaf, jax.tree.broadcast(prefix, state), state)
    except ValueError as error:
        raise ValueError(f"{name} do not fit the state {_shapes(state)}: {error}") from error


def _shapes(state: State) -> Any:
    return jax.tree.map(lambda leaf: leaf.shape, state)


def _put(like: Params, params: Params, kept: State, value: State) -> Params:
    """Returns parameters like `like`, of a cell whose parts are ablated, each with its own."""
    own, kepts, values = (iter(jax.tree.leaves(tree)) for tree in (params, kept, value))

    def fill(tree: Any, leaves: Iterator[Array]) -> Any:
        return jax.tree.map(lambda _: next(leaves), tree)

    def node(found: Any) -> Any:
        if not isinstance(found, AblatedParams):
            return next(own)
        parts = (
            fill(tree, leaves) for tree, leaves in zip(found, (own, kepts, values), strict=True)
        )
        return AblatedParams(*parts)

    return jax.tree.map(node, like, is_leaf=lambda x: isinstance(x, AblatedParams))
