"""A cell under an input that stays the same: a map of the state to itself."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.tree_util import Partial

from rnnjax.analysis.vector_steps import cell_step
from rnnjax.cells.base import Cell
from rnnjax.dynamics import jacobians
from rnnjax.typing import Array, Params


def constant_input(cell: Cell, params: Params, x: Any) -> Callable[[Array], Array]:
    """Returns the step of a cell whose input is frozen, as a function of one vector.

    The vector holds the whole state, as `dynamics.to_vector` lays it out: of an LSTM `h` and `c`,
    of a stack the states of all its cells; of complex numbers both parts.

    Args:
        cell: the recurrence, wrapped or stacked as one likes.
        params: its parameters, whose precision the step has.
        x: one input, `[D]`, or a pytree of them where the cell takes several.

    Returns:
        `F: [..., N] -> [..., N]`, a pytree of the parameters and the input: a jitted function that
        takes it is not compiled anew for others.

    Raises:
        TypeError: when called, if the state has other numbers than real or complex ones.
        ValueError: when called, if the state is not of N numbers.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> cell = LSTM(2)
        >>> step = constant_input(cell, cell.init(jax.random.key(0), 3), jnp.zeros(3))
        >>> step(jnp.zeros((5, 4))).shape
        (5, 4)
    """
    return Partial(_at_input, cell_step(cell, params), x)


def input_jacobians(cell: Cell, params: Params, x: Array, points: Array) -> Array:
    """Returns how the next state depends on the input, `B = dF/dx`, at many states.

    Near a fixed point `h*` at the input `x*` a step is
    `h_t - h* = J (h_{t-1} - h*) + B (x_t - x*)`.

    Args:
        cell: the recurrence.
        params: its parameters.
        x: the input, `[D]`.
        points: states as vectors, `[..., N]`.

    Returns:
        `[..., N, D]`.

    Example: of a plain network at rest they are its input weights.
        >>> from rnnjax.cells import Elman
        >>> cell = Elman(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> found = input_jacobians(cell, params, jnp.zeros(3), jnp.zeros((1, 2)))
        >>> found[0].tolist() == params.w_x.T.tolist()
        True
    """
    step = cell_step(cell, params)
    xs = jnp.broadcast_to(x, (*points.shape[:-1], *jnp.shape(x)))
    return jacobians(lambda given: step(points, given)[0], xs)[1]


def _at_input(step: Partial, x: Any, h: Array) -> Array:
    leading = jnp.shape(h)[:-1]
    xs = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (*leading, *jnp.shape(leaf))), x)
    return step(h, xs)[0]
