"""An LSTM of the forget gate alone."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class JANETGates(NamedTuple):
    """Gates of `JANET`, `[..., H]` each."""

    f: Array
    i: Array
    n: Array


class JANET(GatedCell):
    """Just another network: an LSTM with no gate but the forget gate.

        q_t = x_t w_x + h_{t-1} w_h + b                 in block f
        f_t = sigmoid(q_t),  i_t = 1 - sigmoid(q_t - beta)
        n_t = tanh(x_t w_x + h_{t-1} w_h + b)           in block n
        h_t = f_t * h_{t-1} + i_t * n_t,  y_t = h_t

    The paper's memory `c` and its output are one. With `beta` above zero less is written than is
    forgotten and more, so that `|h|` stays below `exp(beta)`, not below 1. The paper starts with
    `bias_init=Chrono(t_max)`, of the longest sequence's length.

    References:
        van der Westhuizen & Lasenby (2018), The unreasonable effectiveness of the forget gate,
        arXiv:1804.04849, section 3.

    Example:
        >>> from rnnjax import cells
        >>> cells.JANET(128, bias_init=cells.Chrono(784))
        JANET(hidden=128, beta=1.0, bias_init=Chrono(t_max=784))
    """

    blocks = ("f", "n")

    beta: float = 1.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        f, i, n = self.gates(params, state, u, v)
        h = f * state.h + i * n
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> JANETGates:
        """Returns the values of the gates."""
        del params, state
        q, n = jnp.split(u + v, 2, axis=-1)
        gate = self.gate_activation
        return JANETGates(f=gate(q), i=1 - gate(q - self.beta), n=self.activation(n))
