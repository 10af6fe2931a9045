"""A cell against its equations in NumPy: one row, one step after another, in double precision."""

from collections.abc import Callable

import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import Cell
from tests.laws.draws import assert_close, doubled, normal, params_of, state_of

T, D = 5, 2
XS = normal(1, (T, D)).astype(float)

_scan = jax.jit(unroll.scan)


def follows(cell: Cell, step: Callable, rtol: float = 1e-9) -> None:
    """Compares a cell with `step(cell, params, state, x_t)` of NumPy, over a few steps.

    Parameters and the state before the first step are drawn, nothing is left at zero. What `step`
    is given and returns is of one row: the next state, leaf by leaf, and the output.
    """
    params, state = doubled((params_of(cell), state_of(cell)))
    now, ys = state, []
    for x_t in XS:
        now, y_t = step(cell, params, type(state)(*now), x_t)
        ys.append(y_t)
    with jax.enable_x64(True):
        found = _scan(cell, params, state, XS)
        assert_close(found, (type(state)(*now), np.stack(ys)), rtol, atol=1e-11)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-z))
