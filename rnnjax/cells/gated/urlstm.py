"""An LSTM whose forget gate is refined by another and starts uniform."""

from dataclasses import field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.typing import Array, Key


class URLSTMParams(NamedTuple):
    """Parameters of `URLSTM`; the columns are four blocks of H: f, r, n, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    b_f: Array  # [H], of both f and r


class URLSTMGates(NamedTuple):
    """Gates of `URLSTM`, `[..., H]` each."""

    f: Array
    r: Array
    n: Array
    o: Array
    g: Array  # the share of the memory that is kept


class URLSTM(GatedCell):
    """LSTM with a refine gate and uniform gate initialization.

        f_t = sigmoid(x_t w_x + h_{t-1} w_h + b + b_f)      in block f
        r_t = sigmoid(x_t w_x + h_{t-1} w_h + b - b_f)      in block r
        n_t = tanh(x_t w_x + h_{t-1} w_h + b)               in block n
        o_t = sigmoid(x_t w_x + h_{t-1} w_h + b)            in block o
        g_t = 2 r_t f_t + (1 - 2 r_t) f_t^2
        c_t = g_t * c_{t-1} + (1 - g_t) * n_t
        h_t = o_t * tanh(c_t),  y_t = h_t

    `b_f` starts where `f` is uniform between `1 / H` and `1 - 1 / H`; it is trained like the rest.
    The gate that is kept, `g_t`, lies between `f_t^2` at `r_t = 0` and `1 - (1 - f_t)^2` at 1.

    References:
        Gu, Gulcehre, Paine, Hoffman & Pascanu (2020), Improving the gating mechanism of recurrent
        neural networks, ICML, arXiv:1910.09890.

    Example:
        >>> from rnnjax import cells
        >>> cells.URLSTM(64)
        URLSTM(hidden=64)
    """

    blocks = ("f", "r", "n", "o")
    params_type = URLSTMParams
    state_type = LSTMState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws weights block by block with the initializers, and `b_f`."""
        edge = 1 / max(self.hidden, 2)  # a single unit is half open
        u = jax.random.uniform(
            jax.random.fold_in(key, 3), (self.hidden,), minval=edge, maxval=1 - edge
        )
        return super().init(key, input_dim)._replace(b_f=jnp.log(u) - jnp.log1p(-u))

    def combine(
        self, params: URLSTMParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates."""
        gates = self.gates(params, state, u, v)
        c = gates.g * state.c + (1 - gates.g) * gates.n
        h = gates.o * self.activation(c)
        return LSTMState(h=h, c=c), h

    def gates(self, params: URLSTMParams, state: LSTMState, u: Array, v: Array) -> URLSTMGates:
        """Returns the values of the gates."""
        del state
        f, r, n, o = jnp.split(u + v, 4, axis=-1)
        b_f, gate = repeat(params.b_f, f), self.gate_activation
        f, r = gate(f + b_f), gate(r - b_f)
        g = 2 * r * f + (1 - 2 * r) * f * f
        return URLSTMGates(f=f, r=r, n=self.activation(n), o=gate(o), g=g)
