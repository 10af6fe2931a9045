"""What `MUT1` and `MUT2` share: one block sees the input bare."""

from dataclasses import field
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gatedcell import BlockCell
from rnnjax.typing import Array, Key


class MUTParams(NamedTuple):
    """Parameters of `MUT1` and `MUT2`; the columns are blocks of H, in the cell's order."""

    w_x: Array  # [D, 2H], of the blocks that see the input through a matrix of their own
    w_h: Array  # [H, R]
    b: Array  # [3H]
    w_p: Array | None  # [D, H], of the block that sees it bare; None where D = H


class MUT(BlockCell):
    """A unit one of whose three blocks sees the input bare, or a projection of it if D != H."""

    bare_block: ClassVar[str]

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws weights block by block with the initializers; no projection where D = H."""
        params = super().init(key, input_dim)
        drawn = dict(zip(self.blocks, jnp.split(params.w_x, 3, axis=-1), strict=True))
        w_p = drawn.pop(self.bare_block)
        w_x = jnp.concatenate(list(drawn.values()), axis=-1)
        return params._replace(w_x=w_x, w_p=None if input_dim == self.hidden else w_p)

    def bare(self, x: Array) -> Array:
        """Returns what the block sees of the input, or of its projection, `[..., H]`."""
        return x

    def project(self, params: MUTParams, x: Array) -> Array:
        """Returns what the blocks see of inputs, and their biases, `[..., 3H]`."""
        whole = x.astype(jnp.result_type(x, params.w_x))  # no whole number
        bare = self.bare(whole if params.w_p is None else x @ params.w_p)
        others = iter(jnp.split(x @ params.w_x, 2, axis=-1))
        parts = [bare if name == self.bare_block else next(others) for name in self.blocks]
        u = jnp.concatenate(parts, axis=-1)
        return u + repeat(params.b, u)
