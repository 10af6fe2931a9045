"""Long short-term memory."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import sigmoid
from rnnjax.cells.base import SplitCell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, Orthogonal, gate_blocks
from rnnjax.typing import Array, Key


class LSTMParams(NamedTuple):
    """Parameters of `LSTM`; the columns are four blocks of H: i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]


class LSTMState(NamedTuple):
    """State of `LSTM` and its relatives."""

    h: Array  # [..., H]
    c: Array  # [..., H]


class LSTM(SplitCell):
    """Long short-term memory with a forget gate.

        i_t, f_t, o_t = sigmoid(x_t w_x + h_{t-1} w_h + b)      in blocks i, f, o
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)                   in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t),  y_t = h_t

    `forget_bias` is where the forget gate's bias starts; 1 keeps memories at first.

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9.
        Gers, Schmidhuber & Cummins (2000), Learning to forget, Neural Computation 12.
        Jozefowicz, Zaremba & Sutskever (2015), An empirical exploration of recurrent network
        architectures, ICML (the forget bias).
    """

    hidden: int
    forget_bias: float = 1.0

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> LSTMParams:
        """Draws Glorot input weights and orthogonal recurrent ones, gate by gate."""
        key_x, key_h = jax.random.split(key)
        b = jnp.zeros(4 * self.hidden).at[self.hidden : 2 * self.hidden].set(self.forget_bias)
        return LSTMParams(
            w_x=gate_blocks(Glorot(), key_x, input_dim, self.hidden, 4),
            w_h=gate_blocks(Orthogonal(), key_h, self.hidden, self.hidden, 4),
            b=b,
        )

    def initial_state(self, params: LSTMParams, batch_shape: tuple[int, ...] = ()) -> LSTMState:
        """Zeros."""
        zeros = jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype)
        return LSTMState(h=zeros, c=zeros)

    def project(self, params: LSTMParams, x: Array) -> Array:
        """Returns `x w_x + b`, `[..., 4H]`."""
        return affine(x, params.w_x, params.b)

    def recur(self, params: LSTMParams, state: LSTMState) -> Array:
        """Returns `h w_h`, `[..., 4H]`."""
        return state.h @ params.w_h

    def combine(
        self, params: LSTMParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates."""
        del params
        h, c = gates(u + v, state.c)
        return LSTMState(h=h, c=c), h


@jax.custom_jvp
def gates(z: Array, c: Array) -> tuple[Array, Array]:
    """Maps `u + v [..., 4H]` and `c_{t-1} [..., H]` to `h_t` and `c_t`, `[..., H]` each."""
    i, f, g, o = jnp.split(z, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
    return sigmoid(o) * jnp.tanh(c), c


@gates.defjvp
def _gates_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple:
    """The derivative, written so that a step keeps six arrays for the backward pass.

    Left to itself, autodiff keeps eleven; on a CPU a training step then takes a sixth longer.
    """
    z, c_before = primals
    i, f, g, o = jnp.split(z, 4, axis=-1)
    i, f, g, o = sigmoid(i), sigmoid(f), jnp.tanh(g), sigmoid(o)
    c = f * c_before + i * g
    tanh_c = jnp.tanh(c)

    dz, dc_before = tangents
    di, df, dg, do = jnp.split(dz, 4, axis=-1)
    dc = f * dc_before + (c_before * f * (1 - f)) * df
    dc = dc + (g * i * (1 - i)) * di + (i * (1 - g * g)) * dg
    dh = (tanh_c * o * (1 - o)) * do + (o * (1 - tanh_c * tanh_c)) * dc
    return (o * tanh_c, c), (dh, dc)
