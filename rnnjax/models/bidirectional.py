"""A layer that runs both ways in time."""

import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax import unroll
from rnnjax.cells.base import Cell
from rnnjax.models.checks import check_cell, check_settings
from rnnjax.models.precision import Precision
from rnnjax.models.recurrent import Recurrent
from rnnjax.typing import Array, State


class Bidirectional(nn.Module):
    """Runs one cell forward and another backward and lays their outputs side by side.

    Attributes:
        forward: the cell that runs in the order of time.
        backward: the cell that runs against it; a cell like `forward` if None.
        engine: how time is run, one of `rnnjax.unroll`.
        precision: what is computed and kept in half precision.

    Raises:
        TypeError: if one of them is of another kind.

    References:
        Schuster & Paliwal (1997), Bidirectional recurrent neural networks, IEEE Transactions on
        Signal Processing 45.

    Example:
        >>> from rnnjax.cells import GRU
        >>> layer, xs = Bidirectional(GRU(8)), jnp.ones((5, 2, 3))
        >>> (_, ys), variables = jax.eval_shape(layer.init_with_output, jax.random.key(0), xs)
        >>> ys.shape, sorted(variables["params"])
        ((5, 2, 16), ['backward_layer', 'forward_layer'])
    """

    forward: Cell
    backward: Cell | None = None
    engine: unroll.Engine = unroll.scan
    precision: Precision = Precision.F32

    def __post_init__(self) -> None:
        """Refuses what is no cell, no engine or no precision."""
        check_cell(self, self.forward)
        if self.backward is not None:
            check_cell(self, self.backward)
        check_settings(self, self.engine, self.precision)
        super().__post_init__()

    @property
    def backward_dim(self) -> int:
        """How many of the last output features come from running backward in time."""
        return (self.backward or self.forward).output_dim

    @nn.compact
    def __call__(
        self,
        xs: Any,
        state: tuple[State, State] | None = None,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
        train: bool = False,
    ) -> tuple[tuple[State, State], Any]:
        """Runs both directions; see `Recurrent`.

        Returns:
            The two final states and the outputs, `[T, ..., K_forward + K_backward]`.
        """
        forward_state, backward_state = state or (None, None)
        layer = functools.partial(Recurrent, engine=self.engine, precision=self.precision)
        forward = layer(self.forward, name="forward_layer")
        backward = layer(self.backward or self.forward, reverse=True, name="backward_layer")
        call = {"mask": mask, "reset": reset, "train": train}
        forward_state, forward_ys = forward(xs, forward_state, **call)
        backward_state, backward_ys = backward(xs, backward_state, **call)
        ys = jax.tree.map(lambda *y: jnp.concatenate(y, axis=-1), forward_ys, backward_ys)
        return (forward_state, backward_state), ys
