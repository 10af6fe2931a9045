"""The strongly typed LSTM."""

import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.linear.window import WindowCell
from rnnjax.typing import Array


class TypedLSTM(WindowCell):
    """Strongly typed LSTM (T-LSTM): gates see an input and the one before it, not the state.

        q_t = x_t w_x + x_{t-1} w_p + b                 in blocks z, f, o; x_0 = 0
        z_t = q_t,  f_t = sigmoid(q_t),  o_t = tanh(q_t)
        c_t = f_t * c_{t-1} + (1 - f_t) * z_t
        y_t = c_t * o_t

    Of the previous input the state holds what it adds to `q_t`. It is a `QRNN` with other
    functions.

    References:
        Balduzzi & Ghifary (2016), Strongly-typed recurrent neural networks, ICML,
        arXiv:1602.02218.

    Example:
        >>> from rnnjax import cells
        >>> cells.TypedLSTM(64)
        TypedLSTM(hidden=64)
    """

    blocks = ("z", "f", "o")

    def gate(self, q: Array) -> tuple[Array, Array]:
        """Returns `f` and `(1 - f) * z`."""
        z, f, _ = jnp.split(q, 3, axis=-1)
        f = fast_sigmoid(f)
        return f, (1 - f) * z

    def show(self, o: Array, c: Array) -> Array:
        """Returns `c * o`."""
        return c * jnp.tanh(o)
