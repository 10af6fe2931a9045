"""GRU of images."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.conv.imagecell import ImageCell
from rnnjax.cells.gated.gru import GRUGates, update
from rnnjax.cells.gatedcell import GatedState
from rnnjax.typing import Array, Key


class ConvGRUParams(NamedTuple):
    """Parameters of `ConvGRU`; blocks r, z, n."""

    w_x: Array  # [k, k, C, 3H]
    w_h: Array  # [k, k, H, 3H]
    b: Array  # [3H]
    b_n: Array  # [H], the candidate's second bias, inside the reset


class ConvGRU(ImageCell):
    """Convolutional GRU that resets *after* the convolution of the state.

        r_t, z_t = sigmoid(W_x * x_t + W_h * h_{t-1} + b)           in blocks r, z
        n_t = tanh(W_x * x_t + b + r_t (W_h * h_{t-1} + b_n))       in block n
        h_t = (1 - z_t) n_t + z_t h_{t-1},  y_t = h_t

    `*` is a convolution and the other products are elementwise. `hidden` is the channels of the
    state, images are flat vectors, see `ImageCell`. This is a `GRU` in each pixel, as the second
    paper's code has it, there with a leaky relu for tanh. The first paper resets before the
    convolution, `W_h * (r_t h_{t-1})`, and its z is what is written, not what is kept.

    References:
        Ballas, Yao, Pal & Courville (2016), Delving deeper into convolutional networks for learning
        video representations, ICLR, arXiv:1511.06432.
        Shi et al. (2017), Deep learning for precipitation nowcasting: a benchmark and a new model,
        NIPS, arXiv:1706.03458.

    Example:
        >>> from rnnjax import cells
        >>> cells.ConvGRU(16, image=(64, 64), activation=cells.leaky_relu)
        ConvGRU(hidden=16, image=(64, 64), kernel=3, activation=leaky_relu)
    """

    blocks = ("r", "z", "n")
    params_type = ConvGRUParams

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def init(self, key: Key, input_dim: int) -> ConvGRUParams:
        """Draws kernels block by block."""
        return super().init(key, input_dim)._replace(b_n=jnp.zeros(self.hidden))

    def combine(
        self, params: ConvGRUParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        b_n = self._of_each_pixel(params, state)
        h = update(self.activation, self.gate_activation, u, v, state.h, b_n)
        return GatedState(h), h

    def gates(self, params: ConvGRUParams, state: GatedState, u: Array, v: Array) -> GRUGates:
        """Returns the values of the gates."""
        u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
        v_r, v_z, v_n = jnp.split(v, 3, axis=-1)
        r, z = self.gate_activation(u_r + v_r), self.gate_activation(u_z + v_z)
        n = self.activation(u_n + r * (v_n + self._of_each_pixel(params, state)))
        return GRUGates(r, z, n)

    def _of_each_pixel(self, params: ConvGRUParams, state: GatedState) -> Array:
        """Returns the bias inside the reset, like the state."""
        return repeat(jnp.tile(params.b_n, self.output_dim // self.hidden), state.h)
