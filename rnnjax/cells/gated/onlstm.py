"""LSTM whose units are ordered by how long they keep what they hold."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.cells.initializers import Initializer, gate_blocks
from rnnjax.typing import Array, Key, Params


class ONLSTMParams(GatedParams):
    """Parameters of `ONLSTM`: `w_x [D, G]`, `w_h [H, G]`, `b [G]`, `G = 2 H / chunk + 4 H`."""


class ONLSTMGates(NamedTuple):
    """Gates of `ONLSTM`, `[..., H]` each."""

    master_i: Array
    master_f: Array
    o: Array
    g: Array
    i: Array
    f: Array


class ONLSTM(GatedCell):
    """Ordered-neurons LSTM: master gates write up to one unit and forget up to another.

        I_t = 1 - cumax(x_t w_x + h_{t-1} w_h + b)          in block master_i
        F_t = cumax(x_t w_x + h_{t-1} w_h + b)              in block master_f
        o_t, i_t, f_t = sigmoid(x_t w_x + h_{t-1} w_h + b)  in blocks o, i, f
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)               in block g
        w_t = F_t * I_t
        c_t = (f_t * w_t + F_t - w_t) * c_{t-1} + (i_t * w_t + I_t - w_t) * g_t
        h_t = o_t * tanh(c_t),  y_t = h_t
        cumax(z) = cumsum(softmax(z))

    The blocks come in this order, master gates first: master_i, master_f, o, g, i, f. With
    `chunk` above 1 as many neighbouring units share their master gates, whose blocks have
    `H / chunk` columns. `I_t` falls from unit to unit and `F_t` rises, up to 1 at the last chunk,
    which is never written: it keeps what it starts with, zero. `compose.with_states` shows the
    gates; the authors parse sentences by the mean over units of `1 - F_t`.

    References:
        Shen, Tan, Sordoni & Courville (2019), Ordered neurons: integrating tree structures into
        recurrent neural networks, ICLR, arXiv:1810.09536.

    Example:
        >>> from rnnjax import cells
        >>> cells.ONLSTM(60, chunk=10)
        ONLSTM(hidden=60, chunk=10)
    """

    blocks = ("master_i", "master_f", "o", "g", "i", "f")
    params_type = ONLSTMParams
    state_type = LSTMState
    plain_candidate = False  # gates i and f alone do not say what is kept

    chunk: int = 1
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses chunks that do not divide the units.

        Raises:
            ValueError: if `hidden` is no multiple of `chunk`.
        """
        super().__post_init__()
        if self.hidden % self.chunk:
            raise ValueError(f"{self}: chunk must divide the {self.hidden} units")

    def init(self, key: Key, input_dim: int) -> ONLSTMParams:
        """Draws weights block by block; the master gates' biases start at zero."""
        key_x, key_h, key_b = jax.random.split(key, 3)
        b = self.bias_init(key_b, self.blocks[2:], self.hidden)
        return ONLSTMParams(
            w_x=self._matrix(self.input_init, key_x, input_dim),
            w_h=self._matrix(self.recurrent_init, key_h, self.hidden),
            b=jnp.concatenate([jnp.zeros(2 * (self.hidden // self.chunk), b.dtype), b]),
        )

    def combine(
        self, params: Params, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates."""
        master_i, master_f, o, g, i, f = self.gates(params, state, u, v)
        both = master_f * master_i
        forget, write = f * both + (master_f - both), i * both + (master_i - both)
        c = forget * state.c + write * g
        h = o * self.activation(c)
        return LSTMState(h=h, c=c), h

    def gates(self, params: Params, state: LSTMState, u: Array, v: Array) -> ONLSTMGates:
        """Returns the values of the gates."""
        del params, state
        masters, rest = jnp.split(u + v, [2 * (self.hidden // self.chunk)], axis=-1)
        master_i, master_f = (
            jnp.repeat(jnp.cumsum(jax.nn.softmax(z), axis=-1), self.chunk, axis=-1)
            for z in jnp.split(masters, 2, axis=-1)
        )
        o, g, i, f = jnp.split(rest, 4, axis=-1)
        gate = self.gate_activation
        return ONLSTMGates(1 - master_i, master_f, gate(o), self.activation(g), gate(i), gate(f))

    def _matrix(self, initializer: Initializer, key: Key, rows: int) -> Array:
        key_master, key_unit = jax.random.split(key)
        masters = gate_blocks(initializer, key_master, rows, self.hidden // self.chunk, 2)
        return jnp.concatenate(
            [masters, gate_blocks(initializer, key_unit, rows, self.hidden, 4)], axis=-1
        )
