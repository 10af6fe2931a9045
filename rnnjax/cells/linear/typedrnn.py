"""The strongly typed plain network."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, Initializer, gate_blocks
from rnnjax.typing import Array, Key


class TypedRNNParams(NamedTuple):
    """Parameters of `TypedRNN`; the columns are two blocks of H: z, f."""

    w_x: Array  # [D, 2H]
    b: Array  # [2H]


class TypedRNN(LinearCell):
    """Strongly typed recurrent network (T-RNN).

        z_t = x_t w_x + b               in block z
        f_t = sigmoid(x_t w_x + b)      in block f
        h_t = f_t * h_{t-1} + (1 - f_t) * z_t,  y_t = h_t

    A `MinGRU` with the gate's other name, published seven years before it.

    References:
        Balduzzi & Ghifary (2016), Strongly-typed recurrent neural networks, ICML,
        arXiv:1602.02218.

    Example:
        >>> from rnnjax import cells
        >>> cells.TypedRNN(64)
        TypedRNN(hidden=64)
    """

    hidden: int
    input_init: Initializer = field(default=Glorot(), kw_only=True)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> TypedRNNParams:
        """Draws weights block by block; biases of zero."""
        return TypedRNNParams(
            w_x=gate_blocks(self.input_init, key, input_dim, self.hidden, 2),
            b=jnp.zeros(2 * self.hidden),
        )

    def initial_state(
        self, params: TypedRNNParams, batch_shape: tuple[int, ...] = ()
    ) -> LinearState:
        """Zeros."""
        return LinearState(jnp.zeros((*batch_shape, self.hidden), params.w_x.dtype))

    def coefficients(self, params: TypedRNNParams, x: Array) -> tuple[Array, Array]:
        """Returns `f` and `(1 - f) * z`."""
        z, f = jnp.split(affine(x, params.w_x, params.b), 2, axis=-1)
        f = fast_sigmoid(f)
        return f, (1 - f) * z

    def readout(self, params: TypedRNNParams, h: Array, x: Array) -> Array:
        """Returns `h`."""
        del params, x
        return h
