"""Long short-term memory."""

import functools
from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, with_slope
from rnnjax.cells.biases import Forget, Zeros
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array, Key, Params


class LSTMParams(GatedParams):
    """Parameters of `LSTM`: `w_x [D, 4H]`, `w_h [H, 4H]`, `b [4H]`; blocks i, f, g, o."""


class LSTMState(NamedTuple):
    """State of `LSTM` and its relatives."""

    h: Array  # [..., H]
    c: Array  # [..., H]


class LSTMGates(NamedTuple):
    """Gates of `LSTM` and its relatives, `[..., H]` each."""

    i: Array
    f: Array
    g: Array
    o: Array


class LSTM(GatedCell):
    """Long short-term memory with a forget gate.

        i_t, f_t, o_t = sigmoid(x_t w_x + h_{t-1} w_h + b)      in blocks i, f, o
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)                   in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t),  y_t = h_t

    `gate_activation` and `activation` stand where sigmoid and tanh do. The forget gate's bias
    starts at `forget_bias`, of which 1 keeps memories at first; a `bias_init` other than zeros
    decides on all gates instead.

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9.
        Gers, Schmidhuber & Cummins (2000), Learning to forget, Neural Computation 12.
        Jozefowicz, Zaremba & Sutskever (2015), An empirical exploration of recurrent network
        architectures, ICML (the forget bias).

    Example:
        >>> from rnnjax import cells
        >>> cells.LSTM(64, bias_init=cells.Chrono(784))
        LSTM(hidden=64, forget_bias=1.0, bias_init=Chrono(t_max=784))
    """

    blocks = ("i", "f", "g", "o")
    params_type = LSTMParams
    state_type = LSTMState

    forget_bias: float = 1.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def init(self, key: Key, input_dim: int) -> LSTMParams:
        """Draws weights block by block with the initializers."""
        params = super().init(key, input_dim)
        if self.bias_init != Zeros():
            return params
        return params._replace(b=Forget(self.forget_bias)(key, self.blocks, self.hidden))

    def combine(
        self, params: Params, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates."""
        del params
        h, c = memorize(self.activation, self.gate_activation, u + v, state.c)
        return LSTMState(h=h, c=c), h

    def gates(self, params: Params, state: LSTMState, u: Array, v: Array) -> LSTMGates:
        """Returns the values of the gates."""
        del params, state
        i, f, g, o = jnp.split(u + v, 4, axis=-1)
        gate = self.gate_activation
        return LSTMGates(gate(i), gate(f), self.activation(g), gate(o))


@functools.partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def memorize(activation: Activation, gate: Activation, z: Array, c: Array) -> tuple[Array, Array]:
    """Maps `u + v [..., 4H]` and `c_{t-1} [..., H]` to `h_t` and `c_t`, `[..., H]` each.

    Example:
        >>> h, c = memorize(jnp.tanh, fast_sigmoid, jnp.zeros(8), jnp.ones(2))
        >>> c.tolist()
        [0.5, 0.5]
    """
    i, f, g, o = jnp.split(z, 4, axis=-1)
    c = gate(f) * c + gate(i) * activation(g)
    return gate(o) * activation(c), c


@memorize.defjvp
def _memorize_jvp(
    activation: Activation,
    gate: Activation,
    primals: tuple[Array, Array],
    tangents: tuple[Array, Array],
) -> tuple:
    """The derivative, written so that a step keeps six arrays for the backward pass.

    Left to itself, autodiff keeps eleven; on a CPU a training step then takes a sixth longer.
    """
    z, c_before = primals
    i, f, g, o = jnp.split(z, 4, axis=-1)
    (i, i_slope), (f, f_slope), (o, o_slope) = (with_slope(gate, x) for x in (i, f, o))
    g, g_slope = with_slope(activation, g)
    c = f * c_before + i * g
    shown, shown_slope = with_slope(activation, c)

    dz, dc_before = tangents
    di, df, dg, do = jnp.split(dz, 4, axis=-1)
    dc = f * dc_before + (c_before * f_slope) * df
    dc = dc + (g * i_slope) * di + (i * g_slope) * dg
    dh = (shown * o_slope) * do + (o * shown_slope) * dc
    return (o * shown, c), (dh, dc)
