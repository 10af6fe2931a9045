"""The numbers that a network computes with."""

import enum

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax import compose
from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params


class Precision(enum.Enum):
    """What is in single precision and what in half, which is bfloat16.

    Attributes:
        F32: all is in single precision, as in Flax's own layers also where JAX has double.
        MIXED: products are in half precision; parameters, gates, states and gradients in single.
            See `compose.mixed_precision`.
        BF16: parameters, states and activations too are in half precision. Optimizers then add
            small updates to numbers of eight bits, where many of them vanish.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> Precision("mixed"), Precision.F32.cell(LSTM(8))
        (<Precision.MIXED: 'mixed'>, LSTM(hidden=8, forget_bias=1.0))
    """

    F32 = "f32"
    MIXED = "mixed"
    BF16 = "bf16"

    def dense(self, width: int, *, bias: bool = True) -> nn.Dense:
        """Returns an affine map to `[..., width]`, a linear one without `bias`."""
        dtype = None if self is Precision.F32 else jnp.bfloat16
        param_dtype = jnp.bfloat16 if self is Precision.BF16 else jnp.float32
        return nn.Dense(width, bias, dtype, param_dtype)

    def cell(self, cell: Cell) -> Cell:
        """Returns the cell to run in the place of `cell`."""
        return compose.mixed_precision(cell) if self is Precision.MIXED else cell

    def kept(self, tree: Params) -> Params:
        """Casts a cell's parameters as they were drawn, or its inputs, to what they are kept in."""
        if self is Precision.BF16:
            return jax.tree.map(lambda x: x.astype(jnp.bfloat16), tree)
        return jax.tree.map(_no_double, tree)


def _no_double(x: Array) -> Array:
    single = {jnp.dtype("float64"): jnp.float32, jnp.dtype("complex128"): jnp.complex64}
    return x.astype(single.get(x.dtype, x.dtype))


def in_single(outputs: Array) -> Array:
    """Casts half precision to single, which losses are computed in.

    Example:
        >>> in_single(jnp.ones(2, jnp.bfloat16)).dtype
        dtype('float32')
    """
    half = jnp.bfloat16
    return jax.tree.map(lambda x: x.astype(jnp.float32) if x.dtype == half else x, outputs)
