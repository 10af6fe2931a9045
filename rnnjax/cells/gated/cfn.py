"""A gated network that falls silent without input."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import Zeros
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array, Key


class CFNGates(NamedTuple):
    """Gates of `CFN`, `[..., H]` each."""

    f: Array
    i: Array
    n: Array


class CFN(GatedCell):
    """Chaos-free network.

        f_t, i_t = sigmoid(x_t w_x + h_{t-1} w_h + b)       in blocks f, i
        n_t = tanh(x_t w_x)                                 in block n
        h_t = f_t * tanh(h_{t-1}) + i_t * n_t,  y_t = h_t

    The paper's gates theta and eta are f and i. Without input every unit decays to zero, whatever
    the weights: zero is the only attractor; and `|h| < 2` always. That needs a candidate without
    bias: `w_h` and `b` have blocks f and i alone. Biases start at `forget_bias` in f and at minus
    that in i; a `bias_init` other than zeros decides on both instead.

    References:
        Laurent & von Brecht (2017), A recurrent neural network without chaos, ICLR,
        arXiv:1612.06212, eq. 1.

    Example:
        >>> from rnnjax import cells
        >>> cells.CFN(64)
        CFN(hidden=64, forget_bias=1.0)
    """

    blocks = ("f", "i", "n")
    recurrent_blocks = ("f", "i")
    biased_blocks = ("f", "i")
    plain_candidate = False  # the activation is of the state that is kept as well

    forget_bias: float = 1.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def init(self, key: Key, input_dim: int) -> GatedParams:
        """Draws weights block by block with the initializers."""
        params = super().init(key, input_dim)
        if self.bias_init != Zeros():
            return params
        b_f = jnp.full(self.hidden, self.forget_bias)
        return params._replace(b=jnp.concatenate([b_f, -b_f]))

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        f, i, n = self.gates(params, state, u, v)
        h = f * self.activation(state.h) + i * n
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> CFNGates:
        """Returns the values of the gates."""
        del params, state
        f, i, n = jnp.split(u, 3, axis=-1)
        v_f, v_i = jnp.split(v, 2, axis=-1)
        gate = self.gate_activation
        return CFNGates(f=gate(f + v_f), i=gate(i + v_i), n=self.activation(n))
