"""What matrix memories share: widths, and vectors in heads."""

from dataclasses import field

import jax
import jax.numpy as jnp

from rnnjax.cells.base import AssociativeCell
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Params


class HeadedCell(AssociativeCell):
    """A cell of `heads` matrices `[dk, dv]`, side by side; its outputs are `[..., heads * dv]`."""

    hidden: int
    heads: int = 1
    key_dim: int | None = field(default=None, kw_only=True)  # dk; None leaves it to the cell

    def __post_init__(self) -> None:
        """Refuses heads that do not divide the width, and keys of no width.

        Raises:
            ValueError: if `heads` does not divide `hidden` or `key_dim` is no count.
        """
        super().__post_init__()
        if self.hidden % self.heads:
            raise ValueError(f"{self}: heads must divide hidden")
        if not (self.key_dim is None or (type(self.key_dim) is int and self.key_dim >= 1)):
            raise ValueError(f"{self}: key_dim must be a whole number of 1 or more")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    @property
    def dv(self) -> int:
        """The width of a head's values."""
        return self.hidden // self.heads

    @property
    def dk(self) -> int:
        """The width of a head's keys and queries."""
        return self.key_dim or self.dv

    def split(self, x: Array) -> Array:
        """Takes `[..., heads * d]` apart to `[..., heads, d]`."""
        return x.reshape(*x.shape[:-1], self.heads, x.shape[-1] // self.heads)


def merge(x: Array) -> Array:
    """Lays heads `[..., heads, d]` side by side, `[..., heads * d]`."""
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])


def outer(k: Array, v: Array) -> Array:
    """Returns `k^T v`, `[..., dk, dv]`, of rows `[..., dk]` and `[..., dv]`."""
    return k[..., :, None] * v[..., None, :]


def read_by(q: Array, S: Array) -> Array:
    """Returns `q S`, `[..., dv]`, of rows `[..., dk]` and matrices `[..., dk, dv]`."""
    return jnp.einsum("...k,...kv->...v", q, S)


def wide_dtype(params: Params) -> jnp.dtype:
    """Returns the dtype of states: that of the parameters, but single precision at least."""
    return single_or_wider(jax.tree.leaves(params)[0].dtype)


def normed(z: Array) -> Array:
    """Returns `z [..., d]` divided by its length; near zero, which has none, by 1e-3.

    As the authors of `DeltaNet` have it. The derivative at zero is that of a division by 1e-3.
    """
    return z * jax.lax.rsqrt(jnp.sum(z * z, axis=-1, keepdims=True) + 1e-6)
