"""What convolutional cells share: images as flat vectors, and the two convolutions."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.cells.initializers import gate_blocks
from rnnjax.typing import Array, Key, Params, State


class ImageParams(NamedTuple):
    """Parameters of an `ImageCell`; k is `kernel`, C the channels of the input.

    Example:
        >>> from rnnjax import cells
        >>> params = cells.ConvGRU(4, image=(6, 6)).init(jax.random.key(0), 36)
        >>> params.w_x.shape
        (3, 3, 1, 12)
    """

    w_x: Array  # [k, k, C, G]
    w_h: Array  # [k, k, H, G]
    b: Array  # [G]


class ImageCell(GatedCell):
    """A gated cell of images: two convolutions stand where a `GatedCell` has matrices.

        u = W_x * x_t + b,  v = W_h * h_{t-1}       in blocks of H channels

    Kernels are of `kernel` by `kernel` pixels; beyond the border there are zeros, so that images
    keep their size. Like all libraries this computes cross-correlations. An image `[rows, columns,
    C]` is a flat vector `[rows * columns * C]`, the channels of a pixel side by side, and what the
    cell makes likewise; u and v have their blocks one after another.

    Example:
        >>> from rnnjax import cells
        >>> cells.ConvLSTM(8, image=(28, 28)).output_dim
        6272
    """

    plain_matrix = False

    image: tuple[int, int]  # pyright: ignore[reportGeneralTypeIssues]
    kernel: int = 3

    def __post_init__(self) -> None:
        """Refuses what is no size of an image or kernel.

        Raises:
            ValueError: if `image` is not two whole numbers of 1 or more, or `kernel` not odd.
        """
        super().__post_init__()
        sizes = self.image if isinstance(self.image, tuple) else ()
        if not (len(sizes) == 2 and all(type(size) is int and size >= 1 for size in sizes)):
            raise ValueError(f"{self}: image must be (rows, columns), whole numbers of 1 or more")
        if self.kernel % 2 == 0:
            raise ValueError(f"{self}: kernel must be odd")

    @property
    def output_dim(self) -> int:
        """Rows times columns times H."""
        return self.image[0] * self.image[1] * self.hidden

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws kernels block by block, as matrices from all that a pixel sees.

        Raises:
            ValueError: if inputs of this size are no images.
        """
        rows, columns = self.image
        channels, rest = divmod(input_dim, rows * columns)
        if rest:
            raise ValueError(
                f"{self}: inputs must be of rows * columns * channels = {rows} * {columns} * C "
                f"numbers; got D = {input_dim}"
            )
        key_x, key_h, key_b = jax.random.split(key, 3)
        return self.params_type(
            w_x=self._kernels(self.input_init, key_x, channels),
            w_h=self._kernels(self.recurrent_init, key_h, self.hidden),
            b=self.bias_init(key_b, self.blocks, self.hidden),
            **{name: jnp.zeros(self.output_dim) for name in self.params_type._fields[3:]},  # pyright: ignore[reportAttributeAccessIssue]
        )

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> Any:
        """Zeros."""
        shape = (*batch_shape, self.output_dim)
        return self.state_type(
            *(jnp.zeros(shape, params.w_h.dtype) for _ in self.state_type._fields)  # pyright: ignore[reportAttributeAccessIssue]
        )

    def project(self, params: Params, x: Array) -> Array:
        """Returns the convolution of the input, and the biases, `[..., G]`."""
        x = self._convolved(x, params.w_x)
        return self._in_blocks(x + repeat(params.b, x))

    def recur(self, params: Params, state: State) -> Array:
        """Returns the convolution of the state, `[..., G]`."""
        return self._in_blocks(self._convolved(state.h, params.w_h))

    def _kernels(self, initializer: Any, key: Key, channels: int) -> Array:
        seen = self.kernel * self.kernel * channels
        drawn = gate_blocks(initializer, key, seen, self.hidden, len(self.blocks))
        return drawn.reshape(self.kernel, self.kernel, channels, -1)

    def _convolved(self, x: Array, w: Array) -> Array:
        """Maps flat images `[..., rows * columns * C]` to images `[..., rows, columns, G]`."""
        kind = jnp.promote_types(x.dtype, w.dtype)
        leading = x.shape[:-1]
        made = jax.lax.conv_general_dilated(
            x.astype(kind).reshape(-1, *self.image, w.shape[2]),
            w.astype(kind),
            window_strides=(1, 1),
            padding="SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        return made.reshape(*leading, *made.shape[1:])

    def _in_blocks(self, z: Array) -> Array:
        """Maps images `[..., rows, columns, G]` to flat images of H channels, block after block."""
        each = jnp.split(z, len(self.blocks), axis=-1)
        return jnp.concatenate([x.reshape(*x.shape[:-3], -1) for x in each], axis=-1)
