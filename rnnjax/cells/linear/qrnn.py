"""The quasi-recurrent network: convolution over time, then a gated sum."""

import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.linear.window import WindowCell
from rnnjax.typing import Array


class QRNN(WindowCell):
    """Quasi-recurrent network of a window of two inputs, with fo-pooling.

        q_t = x_t w_x + x_{t-1} w_p + b                 in blocks z, f, o; x_0 = 0
        z_t = tanh(q_t),  f_t, o_t = sigmoid(q_t)
        c_t = f_t * c_{t-1} + (1 - f_t) * z_t
        y_t = o_t * c_t

    Of the previous input the state holds what it adds to `q_t`. Salesforce's code has a gate that
    writes where this keeps: of its weights block f changes sign.

    References:
        Bradbury, Merity, Xiong & Socher (2017), Quasi-recurrent neural networks, ICLR,
        arXiv:1611.01576.

    Example:
        >>> from rnnjax import cells
        >>> cells.QRNN(64)
        QRNN(hidden=64)
    """

    blocks = ("z", "f", "o")

    def gate(self, q: Array) -> tuple[Array, Array]:
        """Returns `f` and `(1 - f) * z`."""
        z, f, _ = jnp.split(q, 3, axis=-1)
        f = fast_sigmoid(f)
        return f, (1 - f) * jnp.tanh(z)

    def show(self, o: Array, c: Array) -> Array:
        """Returns `o * c`."""
        return fast_sigmoid(o) * c
