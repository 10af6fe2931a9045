"""Matrix memories on every engine that takes them, and loops of theirs in NumPy."""

import functools

import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import AssociativeCell
from tests.laws.draws import assert_close, doubled, normal, params_of, state_of

ENGINES = (
    unroll.scan,
    unroll.Associative(),
    unroll.Associative(chunk=2),
    unroll.LinearScan(),
    unroll.LinearScan(chunk=2),
    unroll.TimeSharded(),
)
T, B, D = 5, 3, 2
XS = normal(1, (T, B, D)).astype(float)
MASK = np.array([[0, 1, 1], [1, 1, 1], [1, 0, 1], [1, 1, 0], [1, 1, 0]], bool)
RESET = np.array([[1, 0, 0], [0, 0, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1]], bool)


@jax.jit
def on_every_engine(cell, params, state, xs, mask, reset):
    return [engine(cell, params, state, xs, mask=mask, reset=reset) for engine in ENGINES]


def agrees_with(step, cell: AssociativeCell) -> None:
    """Compares every engine with `step(cell, params, state, x_t)` of NumPy, one row after another.

    It returns the next state, a tuple, and the output.
    """
    params, state = doubled((params_of(cell), state_of(cell, (B,))))
    initial = doubled(cell.initial_state(params_of(cell)))
    ys, last = np.zeros((T, B, cell.output_dim)), []
    for row in range(B):
        now = tuple(leaf[row] for leaf in state)
        for t in range(T):
            if MASK[t, row]:
                now = tuple(initial) if RESET[t, row] else now
                now, ys[t, row] = step(cell, params, now, XS[t, row])
        last.append(now)
    final = type(state)(*map(np.stack, zip(*last, strict=True)))
    with jax.enable_x64(True):
        for found in on_every_engine(cell, params, state, XS, MASK, RESET):
            assert_close(found, (final, ys), rtol=1e-9, atol=1e-9)


def heads_of(cell: AssociativeCell, x: np.ndarray) -> np.ndarray:
    return x.reshape(cell.heads, -1)


@jax.jit
def _composed(cell, params, state, xs):
    elements = [cell.element(params, x) for x in xs]
    left = functools.reduce(cell.compose, elements)
    right = functools.reduce(lambda later, e: cell.compose(e, later), elements[::-1])
    one_by_one = functools.reduce(lambda state, e: cell.apply(e, state), elements, state)
    return left, right, cell.apply(left, state), one_by_one


def composes(cell: AssociativeCell) -> None:
    """Composes steps in both orders, and compares what they do with one step after another."""
    arguments = doubled((params_of(cell), state_of(cell)))
    with jax.enable_x64(True):
        left, right, at_once, one_by_one = _composed(cell, *arguments, XS[:, 0])
        assert_close(left, right, rtol=1e-12, atol=1e-12)
        assert_close(at_once, one_by_one, rtol=1e-12, atol=1e-12)
