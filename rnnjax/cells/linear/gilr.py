"""The gated unit that time in parallel began with."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, elu, fast_sigmoid
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, gate_blocks
from rnnjax.typing import Array, Key


class GILRParams(NamedTuple):
    """Parameters of `GILR`; the columns are two blocks of H: g, u."""

    w_x: Array  # [D, 2H]
    b: Array  # [2H]


class GILR(LinearCell):
    """Gated impulse linear recurrence.

        g_t = sigmoid(x_t w_x + b)          in block g
        u_t = activation(x_t w_x + b)       in block u
        h_t = g_t * h_{t-1} + (1 - g_t) * u_t,  y_t = h_t

    With `activation=identity` it is `MinGRU` with `z = 1 - g`. The authors' GILR-LSTM is an LSTM
    whose gates see the output of a GILR with tanh where they would see their own last state.

    References:
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057; the activation is that of the authors' code.

    Example:
        >>> from rnnjax import cells
        >>> cells.GILR(64, activation=cells.tanh)
        GILR(hidden=64, activation=tanh)
    """

    hidden: int
    activation: Activation = field(default=elu, kw_only=True)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> GILRParams:
        """Draws Glorot weights, block by block; no bias."""
        return GILRParams(
            w_x=gate_blocks(Glorot(), key, input_dim, self.hidden, 2), b=jnp.zeros(2 * self.hidden)
        )

    def initial_state(self, params: GILRParams, batch_shape: tuple[int, ...] = ()) -> LinearState:
        """Zeros."""
        return LinearState(jnp.zeros((*batch_shape, self.hidden), params.w_x.dtype))

    def coefficients(self, params: GILRParams, x: Array) -> tuple[Array, Array]:
        """Returns `g` and `(1 - g) * u`."""
        g, u = jnp.split(affine(x, params.w_x, params.b), 2, axis=-1)
        g = fast_sigmoid(g)
        return g, (1 - g) * self.activation(u)

    def readout(self, params: GILRParams, h: Array, x: Array) -> Array:
        """Returns `h`."""
        del params, x
        return h
