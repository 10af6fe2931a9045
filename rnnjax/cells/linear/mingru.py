"""The gated recurrent unit stripped until time can run in parallel."""

from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, gate_blocks
from rnnjax.typing import Array, Key


class MinGRUParams(NamedTuple):
    """Parameters of `MinGRU`; the columns are two blocks of H: z, n."""

    w_x: Array  # [D, 2H]
    b: Array  # [2H]


class MinGRU(LinearCell):
    """Minimal gated recurrent unit: gate and candidate see the input alone.

        z_t = sigmoid(x_t w_x + b)      in block z
        n_t = x_t w_x + b               in block n
        h_t = (1 - z_t) * h_{t-1} + z_t * n_t,  y_t = h_t

    References:
        Feng et al. (2024), Were RNNs all we needed?, arXiv:2410.01201, section 3.1.

    Example:
        >>> from rnnjax import cells
        >>> cells.MinGRU(64)
        MinGRU(hidden=64)
    """

    hidden: int

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> MinGRUParams:
        """Draws Glorot weights, block by block; no bias."""
        return MinGRUParams(
            w_x=gate_blocks(Glorot(), key, input_dim, self.hidden, 2), b=jnp.zeros(2 * self.hidden)
        )

    def initial_state(self, params: MinGRUParams, batch_shape: tuple[int, ...] = ()) -> LinearState:
        """Zeros."""
        return LinearState(jnp.zeros((*batch_shape, self.hidden), params.w_x.dtype))

    def coefficients(self, params: MinGRUParams, x: Array) -> tuple[Array, Array]:
        """Returns `1 - z` and `z * n`."""
        z, n = jnp.split(affine(x, params.w_x, params.b), 2, axis=-1)
        z = fast_sigmoid(z)
        return 1 - z, z * n

    def readout(self, params: MinGRUParams, h: Array, x: Array) -> Array:
        """Returns `h`."""
        del params, x
        return h
