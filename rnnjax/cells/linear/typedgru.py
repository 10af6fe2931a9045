"""The strongly typed GRU."""

import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.linear.window import WindowCell
from rnnjax.typing import Array


class TypedGRU(WindowCell):
    """Strongly typed GRU (T-GRU): gates see an input and the one before it, not the state.

        q_t = x_t w_x + x_{t-1} w_p + b                 in blocks z, f, o; x_0 = 0
        z_t = q_t,  f_t = sigmoid(q_t),  o_t = tanh(q_t)
        c_t = f_t * c_{t-1} + z_t * o_t,  y_t = c_t

    The paper's h is the state's `c`. Of the previous input the state holds what it adds to `q_t`.
    What is kept and what is written do not add up to 1, so that `c` can grow.

    References:
        Balduzzi & Ghifary (2016), Strongly-typed recurrent neural networks, ICML,
        arXiv:1602.02218.

    Example:
        >>> from rnnjax import cells
        >>> cells.TypedGRU(64)
        TypedGRU(hidden=64)
    """

    blocks = ("z", "f", "o")

    def gate(self, q: Array) -> tuple[Array, Array]:
        """Returns `f` and `z * o`."""
        z, f, o = jnp.split(q, 3, axis=-1)
        return fast_sigmoid(f), z * jnp.tanh(o)

    def show(self, o: Array, c: Array) -> Array:
        """Returns `c`."""
        del o
        return c
