"""A memory of weighted sums of inputs."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array


class RANGates(NamedTuple):
    """Gates of `RAN`, `[..., H]` each."""

    n: Array
    i: Array
    f: Array


class RAN(GatedCell):
    """Recurrent additive network.

        n_t = x_t w_x                                       in block n
        i_t, f_t = sigmoid(x_t w_x + h_{t-1} w_h + b)       in blocks i, f
        c_t = i_t * n_t + f_t * c_{t-1}
        h_t = tanh(c_t),  y_t = h_t

    The memory is a sum of the inputs' own maps `n_s`, each weighted by `i_s f_{s+1} ... f_t`;
    `w_h` and `b` have blocks i and f alone. With `activation=cells.identity`, the paper's other
    choice, `h_t = c_t`.

    References:
        Lee, Levy & Zettlemoyer (2017), Recurrent additive networks, arXiv:1705.07393.

    Example:
        >>> from rnnjax import cells
        >>> cells.RAN(64)
        RAN(hidden=64)
    """

    blocks = ("n", "i", "f")
    recurrent_blocks = ("i", "f")
    biased_blocks = ("i", "f")
    state_type = LSTMState
    plain_candidate = False  # it has no activation

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def combine(
        self, params: GatedParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates."""
        n, i, f = self.gates(params, state, u, v)
        c = i * n + f * state.c
        h = self.activation(c)
        return LSTMState(h=h, c=c), h

    def gates(self, params: GatedParams, state: LSTMState, u: Array, v: Array) -> RANGates:
        """Returns the values of the gates."""
        del params, state
        n, i, f = jnp.split(u, 3, axis=-1)
        v_i, v_f = jnp.split(v, 2, axis=-1)
        return RANGates(n=n, i=self.gate_activation(i + v_i), f=self.gate_activation(f + v_f))
