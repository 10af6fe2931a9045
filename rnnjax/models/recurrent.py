"""Any cell as a layer of a Flax network."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax import unroll
from rnnjax.axes import grown
from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.cells.noise import pack
from rnnjax.learning.base import Rule
from rnnjax.models.checks import check_cell, check_settings
from rnnjax.models.naming import from_names, to_names
from rnnjax.models.precision import Precision
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.checks import check_inputs


class Recurrent(nn.Module):
    """Runs a cell over time.

    With `reverse` time runs from the last step to the first: outputs stay where their inputs are,
    a `reset` still marks the first step of a sequence in the ordinary order, and the final state
    is that at the first step.

    The parameters of the cell are a nested dict, by their names: `params/cell/w_x`; see `to_names`.

    Attributes:
        cell: the recurrence.
        engine: how time is run, one of `rnnjax.unroll`.
        reverse: whether time runs backward.
        precision: what is computed and kept in half precision.

    Raises:
        TypeError: if one of them is of another kind.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> layer, xs = Recurrent(LSTM(8)), jnp.ones((5, 2, 3))
        >>> variables = jax.eval_shape(layer.init, jax.random.key(0), xs)
        >>> jax.tree.map(jnp.shape, variables)
        {'params': {'cell': {'b': (32,), 'w_h': (8, 32), 'w_x': (3, 32)}}}
        >>> state, ys = jax.eval_shape(layer.apply, variables, xs)
        >>> ys.shape
        (5, 2, 8)
    """

    cell: Cell
    engine: unroll.Engine = unroll.scan
    reverse: bool = False
    precision: Precision = Precision.F32

    def __post_init__(self) -> None:
        """Refuses what is no cell, no engine or no precision."""
        check_cell(self, self.cell)
        check_settings(self, self.engine, self.precision)
        super().__post_init__()

    @property
    def backward_dim(self) -> int:
        """How many of the last output features come from running backward in time."""
        return self.cell.output_dim if self.reverse else 0

    @nn.compact
    def __call__(
        self,
        xs: Any,
        state: State | None = None,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
        train: bool = False,
    ) -> tuple[State, Any]:
        """Runs the layer.

        Args:
            xs: inputs, `[T, ..., D]`, or a pytree of them where the cell takes several.
            state: the state to start from; the cell's initial state if None.
            mask: boolean `[T, ...]`, False where there is no step; see `unroll.Engine`.
            reset: boolean `[T, ...]`, True where a new sequence begins.
            train: whether a cell that has noise is given it, drawn with the key of the collection
                "dropout".

        Returns:
            The final state and the outputs, `[T, ..., K]`.
        """
        check_inputs((), xs, mask, reset)
        input_dim = jax.tree.leaves(xs)[0].shape[-1]
        cell = self.precision.cell(self.cell)
        if isinstance(self.engine, Rule):
            cell = self.engine.learner(cell, input_dim)
        params = self._params(cell, input_dim)
        xs = self.precision.kept(xs)
        leading = leading_axes(xs)
        if state is None:
            state = cell.initial_state(params, leading[1:])
        noise = self._noise(cell, params, leading) if train else None
        params = self._perturbed(cell, params) if train else params
        if not self.reverse:
            return self.engine(cell, params, state, pack(xs, noise), mask=mask, reset=reset)
        if reset is not None:
            reset = last_steps(reset, mask)
        xs, mask, reset = jax.tree.map(lambda x: jnp.flip(x, 0), (xs, mask, reset))
        # The noise is drawn in the order in which time runs.
        state, ys = self.engine(cell, params, state, pack(xs, noise), mask=mask, reset=reset)
        return state, jax.tree.map(lambda y: jnp.flip(y, 0), ys)

    def _params(self, cell: Cell, input_dim: int) -> Params:
        """Returns the cell's parameters, which Flax keeps by name."""

        def init(key: Array) -> Params:
            return self.precision.kept(cell.init(key, input_dim))

        like = jax.eval_shape(lambda: init(jax.random.key(0)))
        if not jax.tree.leaves(like):
            return like
        return from_names(self.param("cell", lambda key: to_names(init(key))), like)

    def _noise(self, cell: Cell, params: Params, leading: tuple[int, ...]) -> Any:
        """Draws the cell's noise; one that has none needs no key."""
        shapes = jax.eval_shape(lambda: cell.draw(jax.random.key(0), params, leading))
        if not jax.tree.leaves(shapes):
            return shapes
        return cell.draw(self.make_rng("dropout"), params, leading)

    def _perturbed(self, cell: Cell, params: Params) -> Params:
        """Perturbs the parameters of a cell that does so; another needs no key."""
        if cell.perturb(jax.random.key(0), params) is params:
            return params
        return cell.perturb(self.make_rng("dropout"), params)


def last_steps(reset: Array, mask: Array | None) -> Array:
    """Turns "a sequence begins here" into "the sequence before ends here".

    Args:
        reset: boolean `[T, ...]`, True at first steps.
        mask: boolean `[T, ...]`; masked steps are no steps, and what they say does not count.

    Returns:
        Boolean `[T, ...]`: True where the next step that is not masked is a first step.

    Example:
        >>> last_steps(jnp.array([True, False, True, False]), None).tolist()
        [False, True, False, False]
    """
    if mask is None:
        mask = jnp.ones_like(reset)
    shape = max(reset.shape, mask.shape, key=len)  # of two masks one may leave out batch axes

    def full(flag: Array) -> Array:
        return jnp.broadcast_to(grown(flag, len(shape)), shape)

    def step(next_begins: Array, flags: tuple[Array, Array]) -> tuple[Array, Array]:
        reset_t, mask_t = flags
        return jnp.where(mask_t, reset_t, next_begins), next_begins

    nothing_follows = jnp.zeros(shape[1:], bool)
    return jax.lax.scan(step, nothing_follows, (full(reset), full(mask)), reverse=True)[1]
