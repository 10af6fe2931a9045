"""Runs of a wrapped cell on engines of each contract, with masks, resets and noise.

Wrapped cells in the catalogue are under all the laws; this is for what those do not see.
"""

import functools

import jax
import numpy as np

from rnnjax import compose, unroll
from tests.laws.draws import assert_close, normal, weigh

T, B, D = 6, 3, 2
XS = normal(1, (T, B, D))
MASK = np.random.default_rng(0).random((T, B)) < 0.7
RESET = np.random.default_rng(1).random((T, B)) < 0.2
ENGINES = (unroll.Deferred(chunk=4), unroll.LinearScan(chunk=4))


def inputs(cell, params, *, train):
    """Returns inputs, in training with noise."""
    return compose.noisy(cell, jax.random.key(7), params, XS) if train else XS


def outcome(engine, cell, params, xs, mask=MASK, reset=RESET):
    """Returns the final state and the outputs."""
    state = cell.initial_state(params, (B,))
    return engine(cell, params, state, xs, mask=mask, reset=reset)


@functools.partial(jax.jit, static_argnums=0)
def results(engine, cell, params, xs):
    """Returns the gradient by params, the final state and the outputs."""

    def total(params):
        found = outcome(engine, cell, params, xs)
        return weigh(found), found

    return jax.grad(total, has_aux=True)(params)


def engines_agree(cell, params, *, train):
    """Compares all engines that serve a cell with the plain loop; says how many those were."""
    xs = inputs(cell, params, train=train)
    served = [engine for engine in ENGINES if engine.serves(cell)]
    expected = results(unroll.scan, cell, params, xs)
    for engine in served:
        assert_close(results(engine, cell, params, xs), expected)
    return len(served)
