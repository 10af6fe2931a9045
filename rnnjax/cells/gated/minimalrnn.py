"""A gate between what is held and an encoding of the input."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.broadcast import affine
from rnnjax.cells.gatedcell import GatedCell, GatedState
from rnnjax.typing import Array, Key


class MinimalRNNParams(NamedTuple):
    """Parameters of `MinimalRNN`."""

    w_x: Array  # [D, H], the encoder's
    w_h: Array  # [H, H], the gate's
    b: Array  # [H], the gate's
    w_z: Array  # [H, H], the gate's
    b_z: Array  # [H], the encoder's


class MinimalRNNGates(NamedTuple):
    """The gate of `MinimalRNN` and what it writes, `[..., H]` each."""

    u: Array
    z: Array


class MinimalRNN(GatedCell):
    """Minimal recurrent network: the state is a mixture of encoded inputs.

        z_t = tanh(x_t w_x + b_z)
        u_t = sigmoid(h_{t-1} w_h + z_t w_z + b)        in block f
        h_t = u_t * h_{t-1} + (1 - u_t) * z_t,  y_t = h_t

    What is written does not see the state, and the gate sees the input by way of `z_t` alone. The
    gate keeps where it is open, so its block is named f for the initializers.

    References:
        Chen (2017), MinimalRNN: toward more interpretable and trainable recurrent neural networks,
        arXiv:1711.06788, section 3.

    Example:
        >>> from rnnjax import cells
        >>> cells.MinimalRNN(64, bias_init=cells.Chrono(100))
        MinimalRNN(hidden=64, bias_init=Chrono(t_max=100))
    """

    blocks = ("f",)
    params_type = MinimalRNNParams

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def init(self, key: Key, input_dim: int) -> MinimalRNNParams:
        """Draws weights with the initializers, `w_z` with that of the recurrent matrix."""
        w_z = self.recurrent_init(jax.random.fold_in(key, 3), (self.hidden, self.hidden))
        return super().init(key, input_dim)._replace(w_z=w_z)

    def project(self, params: MinimalRNNParams, x: Array) -> Array:
        """Returns `z` and `z w_z + b`, `[..., 2H]`."""
        z = self.activation(affine(x, params.w_x, params.b_z))
        return jnp.concatenate([z, affine(z, params.w_z, params.b)], axis=-1)

    def combine(
        self, params: MinimalRNNParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gate."""
        gate, z = self.gates(params, state, u, v)
        h = gate * state.h + (1 - gate) * z
        return GatedState(h), h

    def gates(
        self, params: MinimalRNNParams, state: GatedState, u: Array, v: Array
    ) -> MinimalRNNGates:
        """Returns the value of the gate and what it writes."""
        del params, state
        z, u = jnp.split(u, 2, axis=-1)
        return MinimalRNNGates(u=self.gate_activation(u + v), z=z)
