"""The update gate network: a plain one with a gate that keeps."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class UGRNNGates(NamedTuple):
    """Gates of `UGRNN`, `[..., H]` each."""

    f: Array
    n: Array


class UGRNN(GatedCell):
    """Update gate recurrent network.

        f_t = sigmoid(x_t w_x + h_{t-1} w_h + b)        in block f
        n_t = tanh(x_t w_x + h_{t-1} w_h + b)           in block n
        h_t = f_t * h_{t-1} + (1 - f_t) * n_t,  y_t = h_t

    The paper's gate starts at a bias of 1, which is in `b` here; TensorFlow adds it at each step.

    References:
        Collins, Sohl-Dickstein & Sussillo (2017), Capacity and trainability in recurrent neural
        networks, ICLR, arXiv:1611.09913, eqs. 9-11.

    Example:
        >>> from rnnjax import cells
        >>> cells.UGRNN(64)
        UGRNN(hidden=64)
    """

    blocks = ("f", "n")

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        f, n = self.gates(params, state, u, v)
        h = f * state.h + (1 - f) * n
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> UGRNNGates:
        """Returns the values of the gates."""
        del params, state
        f, n = jnp.split(u + v, 2, axis=-1)
        return UGRNNGates(f=self.gate_activation(f), n=self.activation(n))
