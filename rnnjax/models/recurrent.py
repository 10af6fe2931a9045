"""Any cell as a layer of a Flax network."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax import unroll
from rnnjax.cells.base import Cell
from rnnjax.models.precision import Precision
from rnnjax.typing import Array, State


class Recurrent(nn.Module):
    """Runs a cell over time.

    With `reverse` time runs from the last step to the first: outputs stay where their inputs are,
    a `reset` still marks the first step of a sequence in the ordinary order, and the final state
    is that at the first step.

    Attributes:
        cell: the recurrence.
        engine: how time is run, one of `rnnjax.unroll`.
        reverse: whether time runs backward.
        precision: what is computed and kept in half precision.
    """

    cell: Cell
    engine: unroll.Engine = unroll.scan
    reverse: bool = False
    precision: Precision = Precision.F32

    @property
    def backward_dim(self) -> int:
        """How many of the last output features come from running backward in time."""
        return self.cell.output_dim if self.reverse else 0

    @nn.compact
    def __call__(
        self,
        xs: Array,
        state: State | None = None,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
    ) -> tuple[State, Array]:
        """Runs the layer.

        Args:
            xs: inputs, `[T, ..., D]`.
            state: the state to start from; the cell's initial state if None.
            mask: boolean `[T, ...]`, False where there is no step; see `unroll.Engine`.
            reset: boolean `[T, ...]`, True where a new sequence begins.

        Returns:
            The final state and the outputs, `[T, ..., K]`.
        """
        cell = self.precision.cell(self.cell)
        params = self.param("cell", lambda key: self.precision.kept(cell.init(key, xs.shape[-1])))
        xs = self.precision.kept(xs)
        if state is None:
            state = cell.initial_state(params, xs.shape[1:-1])
        if not self.reverse:
            return self.engine(cell, params, state, xs, mask=mask, reset=reset)
        if reset is not None:
            reset = last_steps(reset, mask)
        xs, mask, reset = jax.tree.map(lambda x: jnp.flip(x, 0), (xs, mask, reset))
        state, ys = self.engine(cell, params, state, xs, mask=mask, reset=reset)
        return state, jnp.flip(ys, 0)


def last_steps(reset: Array, mask: Array | None) -> Array:
    """Turns "a sequence begins here" into "the sequence before ends here".

    Args:
        reset: boolean `[T, ...]`, True at first steps.
        mask: boolean `[T, ...]`; masked steps are no steps, and what they say does not count.

    Returns:
        Boolean `[T, ...]`: True where the next step that is not masked is a first step.
    """
    if mask is None:
        mask = jnp.ones_like(reset)
    shape = max(reset.shape, mask.shape, key=len)  # of two masks one may leave out batch axes

    def grow(flag: Array) -> Array:
        return jnp.broadcast_to(flag.reshape(flag.shape + (1,) * (len(shape) - flag.ndim)), shape)

    def step(next_begins: Array, flags: tuple[Array, Array]) -> tuple[Array, Array]:
        reset_t, mask_t = flags
        return jnp.where(mask_t, reset_t, next_begins), next_begins

    nothing_follows = jnp.zeros(shape[1:], bool)
    return jax.lax.scan(step, nothing_follows, (grow(reset), grow(mask)), reverse=True)[1]


class Bidirectional(nn.Module):
    """Runs one cell forward and another backward and lays their outputs side by side.

    Attributes:
        forward: the cell that runs in the order of time.
        backward: the cell that runs against it; a cell like `forward` if None.
        engine: how time is run, one of `rnnjax.unroll`.
        precision: what is computed and kept in half precision.

    References:
        Schuster & Paliwal (1997), Bidirectional recurrent neural networks, IEEE Transactions on
        Signal Processing 45.
    """

    forward: Cell
    backward: Cell | None = None
    engine: unroll.Engine = unroll.scan
    precision: Precision = Precision.F32

    @property
    def backward_dim(self) -> int:
        """How many of the last output features come from running backward in time."""
        return (self.backward or self.forward).output_dim

    @nn.compact
    def __call__(
        self,
        xs: Array,
        state: tuple[State, State] | None = None,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
    ) -> tuple[tuple[State, State], Array]:
        """Runs both directions; see `Recurrent`.

        Returns:
            The two final states and the outputs, `[T, ..., K_forward + K_backward]`.
        """
        forward_state, backward_state = state or (None, None)
        layer = functools.partial(Recurrent, engine=self.engine, precision=self.precision)
        forward = layer(self.forward, name="forward_layer")
        backward = layer(self.backward or self.forward, reverse=True, name="backward_layer")
        forward_state, forward_ys = forward(xs, forward_state, mask=mask, reset=reset)
        backward_state, backward_ys = backward(xs, backward_state, mask=mask, reset=reset)
        ys = jnp.concatenate([forward_ys, backward_ys], axis=-1)
        return (forward_state, backward_state), ys
