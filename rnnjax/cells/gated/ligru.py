"""The GRU without its reset gate, of rectified units."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, relu
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class LiGRUGates(NamedTuple):
    """Gates of `LiGRU`, `[..., H]` each."""

    z: Array
    n: Array


class LiGRU(GatedCell):
    """Light gated recurrent unit: no reset gate, and relu.

        z_t = sigmoid(x_t w_x + h_{t-1} w_h + b)        in block z
        n_t = relu(x_t w_x + h_{t-1} w_h + b)           in block n
        h_t = z_t * h_{t-1} + (1 - z_t) * n_t,  y_t = h_t

    The paper normalises `x_t w_x` over all times and sequences of a batch, which no step can; once
    trained, that is a part of `w_x` and `b`. While training, nothing bounds the units here but the
    orthogonal matrices that they start with; `compose.layer_norm` bounds what they see. With tanh
    it is a `JANET` of `beta=0`.

    References:
        Ravanelli, Brakel, Omologo & Bengio (2018), Light gated recurrent units for speech
        recognition, IEEE Transactions on Emerging Topics in Computational Intelligence 2,
        arXiv:1803.10225, section III.

    Example:
        >>> from rnnjax import cells
        >>> cells.LiGRU(64)
        LiGRU(hidden=64)
    """

    blocks = ("z", "n")

    activation: Activation = field(default=relu, kw_only=True)
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        z, n = self.gates(params, state, u, v)
        h = z * state.h + (1 - z) * n
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> LiGRUGates:
        """Returns the values of the gates."""
        del params, state
        z, n = jnp.split(u + v, 2, axis=-1)
        return LiGRUGates(z=self.gate_activation(z), n=self.activation(n))
