"""Cells that learn which steps to skip."""

from typing import Any, NamedTuple, NoReturn

import jax
import jax.numpy as jnp

from rnnjax.axes import grown
from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import affine, leading_axes
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.noise import unpack
from rnnjax.compose.base import wrap
from rnnjax.compose.following import following
from rnnjax.compose.wrapper import PlainWrapper
from rnnjax.typing import Array, Key, Params, State


def skip_rnn(cell: Cell) -> Cell:
    """Returns `cell` skipping steps, or each of its parts so.

    The paper's stacks skip with all layers or none, as their last one says; here each part skips
    for itself.

    Example:
        >>> from rnnjax.cells import GRU
        >>> skip_rnn(GRU(2))
        SkipRNN(cell=GRU(hidden=2), bias=1.0)
    """
    return wrap(cell, SkipRNN)


class SkipRNNParams(NamedTuple):
    """Parameters of `SkipRNN`; N is the size of the cell's state."""

    cell: Params
    w: Array  # [N, 1]
    b: Array  # [1]


class SkipRNNState(NamedTuple):
    """State of `SkipRNN`."""

    cell: State
    d: Array  # [...], by how much `q` grows a step
    q: Array  # [...], the chance of an update that has gathered
    u: Array  # [...], 1 where the step just made was an update, 0 where it was skipped


class SkipRNN(PlainWrapper):
    """A cell that updates its state at some steps alone, and says itself when the next one is due.

        q~ = q_{t-1} + min(d_{t-1}, 1 - q_{t-1})
        u_t = round(q~)
        s_t = u_t s~ + (1 - u_t) s_{t-1},   with s~ what the cell makes of x_t and s_{t-1}
        d_t = u_t sigmoid(s~ w + b) + (1 - u_t) d_{t-1}
        q_t = (1 - u_t) q~

    The first step is an update. The output is that of `s_t`. `round` has the derivative 1
    (straight-through), and makes 0 of one half, as the authors' code does. `s~ w` takes all numbers
    of the state; the authors take an LSTM's memory alone. `b` starts at `bias`, so that at first
    there are no skips. To make updates rarer a loss adds a multiple of `u_t`, which the states of
    `compose.with_states` hold. A step that is skipped costs as much as another. As a
    gradient this one agrees with no difference quotient.

    Example:
        >>> from rnnjax.cells import GRU
        >>> SkipRNN(GRU(2)).init(jax.random.key(0), 3).w.shape
        (2, 1)

    References:
        Campos, Jou, Giró-i-Nieto, Torres & Chang (2018), Skip RNN: learning to skip state updates
        in recurrent neural networks, ICLR, arXiv:1708.06834, eqs. 4-8.
    """

    params_type = SkipRNNParams

    bias: float = 1.0

    def init(self, key: Key, input_dim: int) -> SkipRNNParams:
        """Draws the cell's parameters and `w`; `b` starts at `bias`."""
        key, key_w = jax.random.split(key)
        params = self.cell.init(key, input_dim)
        size = _numbers(self.cell.initial_state(params), ()).size
        w = Glorot()(key_w, (size, 1))
        return SkipRNNParams(params, w, jnp.full(1, self.bias))

    def initial_state(
        self, params: SkipRNNParams, batch_shape: tuple[int, ...] = ()
    ) -> SkipRNNState:
        """The cell's own; the first step is an update."""
        own = super().initial_state(params, batch_shape)
        zeros = jnp.zeros(batch_shape, self.ready(params).w.dtype)
        return SkipRNNState(own, d=zeros + 1, q=zeros, u=zeros)

    def output(self, params: SkipRNNParams, state: SkipRNNState) -> NoReturn:
        """Refuses: what counts the steps to the next update is no unit, and not to be changed.

        Raises:
            TypeError: always.
        """
        del params, state
        raise TypeError(f"{self}: what changes states belongs within: skip_rnn(zoneout(cell, 0.1))")

    def step(
        self, params: SkipRNNParams, state: SkipRNNState, x_t: Any
    ) -> tuple[SkipRNNState, Any]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        params = self.ready(params)
        gathered = state.q + jnp.minimum(state.d, 1 - state.q)
        u = _round(gathered)
        made, y = self.cell.step(params.cell, state.cell, x_t)
        after = jax.tree.map(lambda new, old: _chosen(u, new, old), made, state.cell)
        y = following(self.cell, params.cell, x_t, (made, y), after)
        due = jax.nn.sigmoid(affine(_numbers(made, leading_axes(unpack(x_t).x)), *params[1:]))
        d = _chosen(u, due[..., 0].astype(state.d.dtype), state.d)
        return SkipRNNState(after, d, (1 - u) * gathered, u), y


@jax.custom_jvp
def _round(x: Array) -> Array:
    return jnp.round(x)


@_round.defjvp
def _round_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return _round(*primals), *tangents


def _chosen(u: Array, new: Array, old: Array) -> Array:
    """Returns `new` where `u [...]` is 1 and `old` where it is 0, with a derivative by `u`."""
    u = jnp.broadcast_to(grown(u, new.ndim), new.shape)
    if not jnp.issubdtype(new.dtype, jnp.inexact):
        return jnp.where(u > 0, new, old)
    u = u.astype(new.real.dtype)
    return u * new + (1 - u) * old


def _numbers(state: State, batch_shape: tuple[int, ...]) -> Array:
    """Returns all real numbers of a state, `[*batch_shape, N]`; of complex ones both parts."""
    leaves = [leaf for leaf in jax.tree.leaves(state) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    parts = [part for x in leaves for part in ((x.real, x.imag) if jnp.iscomplexobj(x) else (x,))]
    return jnp.concatenate([part.reshape(*batch_shape, -1) for part in parts], axis=-1)
