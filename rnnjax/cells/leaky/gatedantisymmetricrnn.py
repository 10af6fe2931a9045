"""The antisymmetric network with a gate."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import GatedParams, GatedState
from rnnjax.cells.leaky.antisymmetricrnn import AntisymmetricRNN
from rnnjax.typing import Array


class GatedAntisymmetricRNNParams(GatedParams):
    """Parameters of `GatedAntisymmetricRNN`: `w_x [D, 2H]`, `w_h [H, H]`, `b [2H]`; blocks z, h."""


class GatedAntisymmetricRNNGates(NamedTuple):
    """Gates of `GatedAntisymmetricRNN`, `[..., H]` each."""

    z: Array
    n: Array


class GatedAntisymmetricRNN(AntisymmetricRNN):
    """Antisymmetric network with an input gate that shares the product of the state.

        m = w_h - w_h^T - gamma I
        z_t = sigmoid(x_t w_x + h_{t-1} m + b)      in block z of w_x and b
        n_t = tanh(x_t w_x + h_{t-1} m + b)         in block h of w_x and b
        h_t = h_{t-1} + epsilon * z_t * n_t,  y_t = h_t

    The `m` of both is one matrix. `AntisymmetricRNN` says what `epsilon` and `gamma` do.

    References:
        Chang, Chen, Haber & Chi (2019), AntisymmetricRNN: a dynamical system view on recurrent
        neural networks, ICLR, arXiv:1902.09689.

    Example:
        >>> from rnnjax import cells
        >>> cells.GatedAntisymmetricRNN(128)
        GatedAntisymmetricRNN(hidden=128, epsilon=0.01, gamma=0.01)
    """

    blocks = ("z", "h")
    recurrent_blocks = ("h",)
    params_type = GatedAntisymmetricRNNParams

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Takes the Euler step."""
        z, n = self.gates(params, state, u, v)
        h = state.h + self.epsilon * z * n
        return GatedState(h), h

    def gates(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> GatedAntisymmetricRNNGates:
        """Returns the values of the gate and of what it lets in."""
        del params, state
        u_z, u_n = jnp.split(u, 2, axis=-1)
        return GatedAntisymmetricRNNGates(self.gate_activation(u_z + v), self.activation(u_n + v))
