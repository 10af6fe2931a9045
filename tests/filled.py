"""Numbers for the parameters of cells and networks, without compiling what draws them."""

from collections.abc import Callable

import jax

from rnnjax.cells import Cell
from rnnjax.typing import Params
from tests.laws.draws import normal


def filled(seed: int, make: Callable[..., Params], *args: object) -> Params:
    """Returns a tree shaped like `make(*args)` with normal numbers in every leaf."""
    leaves, structure = jax.tree.flatten(jax.eval_shape(make, *args))
    leaves = [0.4 * normal(seed + i, leaf.shape, leaf.dtype) for i, leaf in enumerate(leaves)]
    return jax.tree.unflatten(structure, jax.tree.map(jax.numpy.asarray, leaves))


def params_of(cell: Cell, input_dim: int, seed: int = 1) -> Params:
    """Returns parameters of a cell."""
    return filled(seed, lambda key: cell.init(key, input_dim), jax.random.key(0))
