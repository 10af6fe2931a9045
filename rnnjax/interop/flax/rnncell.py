"""Any cell as one of Flax linen's, for `flax.linen.RNN` and what else takes those."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.models.naming import from_names, to_names
from rnnjax.typing import Array, Key, Params, State


class RNNCell(nn.RNNCellBase):
    """A cell that linen runs step by step; its carry is the cell's state.

    Parameters go by the cell's names, so that those of `nn.RNN` around it are those of a
    `models.Recurrent`. That one runs on engines, which is faster, and gives a cell its noise.

    Attributes:
        cell: the recurrence.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> layer = nn.RNN(RNNCell(LSTM(8)))
        >>> variables = layer.init(jax.random.key(0), jnp.ones((2, 5, 3)))
        >>> jax.tree.map(jnp.shape, variables)
        {'params': {'cell': {'b': (32,), 'w_h': (8, 32), 'w_x': (3, 32)}}}
    """

    cell: Cell

    @nn.compact
    def __call__(self, carry: State, inputs: Any) -> tuple[State, Any]:
        """Runs one step: `inputs [..., D]` to the next state and the output `[..., K]`."""
        input_dim = jax.tree.leaves(inputs)[0].shape[-1]
        like = self._like(input_dim)
        drawn = to_names(like)
        if self.is_initializing() and jax.tree.leaves(like):
            drawn = to_names(self.cell.init(self.make_rng("params"), input_dim))

        def param(name: str, value: Any) -> Any:
            return self.param(name, lambda _: jax.tree.map(_array, value))

        if isinstance(drawn, dict):
            params = {name: param(name, value) for name, value in drawn.items()}
        else:  # an array alone
            params = param("cell", drawn)
        return self.cell.step(from_names(params, like), carry, inputs)

    @nn.nowrap
    def initialize_carry(self, rng: Key, input_shape: tuple[int, ...]) -> State:
        """Returns the state before the first step.

        Args:
            rng: where there are no parameters yet, they are drawn with it to be asked.
            input_shape: of one step, `[..., D]`.
        """
        *batch, input_dim = input_shape
        params = self._held(self._like(input_dim))
        if params is None:
            params = self.cell.init(rng, input_dim)
        return self.cell.initial_state(params, tuple(batch))

    @property
    def num_feature_axes(self) -> int:
        """1."""
        return 1

    def _like(self, input_dim: int) -> Params:
        return jax.eval_shape(lambda: self.cell.init(jax.random.key(0), input_dim))

    def _held(self, like: Params) -> Params | None:
        """Returns the parameters that the module has, if it has them."""
        held = {} if self.scope is None else self.variables.get("params", {})
        names = to_names(like)
        if not isinstance(names, dict):
            return held.get("cell")
        if not set(names) <= set(held):
            return None
        return from_names({name: held[name] for name in names}, like)


def as_rnn_cell(cell: Cell) -> RNNCell:
    """Returns a cell as one of linen's.

    Raises:
        TypeError: if it is no cell.

    Example:
        >>> from rnnjax.cells import GRU
        >>> xs = jnp.ones((2, 5, 3))
        >>> ys, _ = nn.RNN(as_rnn_cell(GRU(8))).init_with_output(jax.random.key(0), xs)
        >>> ys.shape
        (2, 5, 8)
    """
    if not isinstance(cell, Cell):
        raise TypeError(f"cell must be a cell, such as GRU(64); got {cell!r}")
    return RNNCell(cell)


def _array(value: Any) -> Array:
    if isinstance(value, jax.ShapeDtypeStruct):  # Flax asks for no more than the shape
        return jnp.zeros(value.shape, value.dtype)
    return value
