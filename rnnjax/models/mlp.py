"""The feed-forward network that recurrent ones are compared with."""

from collections.abc import Sequence

import flax.linen as nn

from rnnjax.models.precision import Precision, in_single
from rnnjax.typing import Array


class MLP(nn.Module):
    """Affine maps with relu between them.

    Attributes:
        widths: the size of each layer, the output last; `(256, 1024, 10)` for digits.
        precision: what is computed in half precision; outputs are in single.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> y, _ = jax.eval_shape(MLP((8, 2)).init_with_output, jax.random.key(0), jnp.ones((4, 3)))
        >>> y.shape
        (4, 2)
    """

    widths: Sequence[int]
    precision: Precision = Precision.F32

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Maps `[..., D]` to `[..., widths[-1]]`."""
        for width in self.widths[:-1]:
            x = nn.relu(self.precision.dense(width)(x))
        return in_single(self.precision.dense(self.widths[-1])(x))
