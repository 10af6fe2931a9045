"""Long short-term memory stripped until time can run in parallel."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, identity
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, gate_blocks
from rnnjax.typing import Array, Key


class MinLSTMParams(NamedTuple):
    """Parameters of `MinLSTM`; the columns are three blocks of H: f, i, n."""

    w_x: Array  # [D, 3H]
    b: Array  # [3H]


class MinLSTM(LinearCell):
    """Minimal long short-term memory: gates see the input alone and add up to 1.

        f_t, i_t = sigmoid(x_t w_x + b)         in blocks f, i
        n_t = activation(x_t w_x + b)           in block n
        h_t = (f_t * h_{t-1} + i_t * n_t) / (f_t + i_t),  y_t = h_t

    There is no other memory and no output gate. It is `MinGRU` with `z = i / (f + i)`. The authors'
    code, which adds up logarithms, has `u + 1/2` of u above zero and `sigmoid(u)` of others for an
    activation; without one this is the equation of the text.

    References:
        Feng et al. (2024), Were RNNs all we needed?, arXiv:2410.01201, section 3.2.

    Example:
        >>> from rnnjax import cells
        >>> cells.MinLSTM(64)
        MinLSTM(hidden=64)
    """

    hidden: int
    activation: Activation = field(default=identity, kw_only=True)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> MinLSTMParams:
        """Draws Glorot weights, block by block; no bias."""
        return MinLSTMParams(
            w_x=gate_blocks(Glorot(), key, input_dim, self.hidden, 3), b=jnp.zeros(3 * self.hidden)
        )

    def initial_state(
        self, params: MinLSTMParams, batch_shape: tuple[int, ...] = ()
    ) -> LinearState:
        """Zeros."""
        return LinearState(jnp.zeros((*batch_shape, self.hidden), params.w_x.dtype))

    def coefficients(self, params: MinLSTMParams, x: Array) -> tuple[Array, Array]:
        """Returns `f / (f + i)` and `i / (f + i) * n`."""
        f, i, n = jnp.split(affine(x, params.w_x, params.b), 3, axis=-1)
        # By the logarithm of i / f, since both gates may underflow.
        z = fast_sigmoid(jax.nn.log_sigmoid(i) - jax.nn.log_sigmoid(f))
        return 1 - z, z * self.activation(n)

    def readout(self, params: MinLSTMParams, h: Array, x: Array) -> Array:
        """Returns `h`."""
        del params, x
        return h
