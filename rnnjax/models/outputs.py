"""A layer that returns its outputs alone."""

from typing import Any

import flax.linen as nn

from rnnjax.typing import Array


class Outputs(nn.Module):
    """Runs a layer from its initial state and returns its outputs without the final state.

    So it stands wherever Flax takes a map of arrays, as in `nn.Sequential`.

    Attributes:
        layer: a `Recurrent`, `Bidirectional` or `SequenceModel`.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from rnnjax import cells, models
        >>> model = nn.Sequential([Outputs(models.Recurrent(cells.LSTM(8))), nn.Dense(2)])
        >>> ys, _ = jax.eval_shape(model.init_with_output, jax.random.key(0), jnp.ones((5, 4, 3)))
        >>> ys.shape
        (5, 4, 2)
    """

    layer: nn.Module

    @nn.compact
    def __call__(
        self,
        xs: Any,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
        train: bool = False,
    ) -> Any:
        """Maps `xs [T, ..., D]` to `[T, ..., K]`; see `Recurrent` for the arguments."""
        return self.layer(xs, mask=mask, reset=reset, train=train)[1]
