"""Runs of small cells with masks and resets, and their gradients."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import compose
from rnnjax.numbers import numbers_of, with_numbers
from rnnjax.testing.transform_laws import given_to
from tests.laws.draws import weigh


def gradient(engine, cell, given=None, xs=None):
    """Returns gradients of all parameters and states, and the values, of a run on an engine.

    Args:
        engine: the engine or rule.
        cell: the recurrence.
        given: what it is run with; by default what the laws of transformations draw.
        xs: inputs with noise, where they have some.
    """
    given = given_to(cell) if given is None else given
    xs = compose.noisy(cell, jax.random.key(7), given.params, given.x) if xs is None else xs

    def total(numbers):
        params, state = with_numbers((given.params, given.state), numbers)
        made = engine(cell, params, state, xs, mask=given.mask, reset=given.reset)
        return weigh(made), made

    run = jax.jit(jax.grad(total, has_aux=True))
    return run(numbers_of((given.params, given.state)))


def distance(found, wanted):
    """Returns the largest difference of a leaf, relative to the largest number of that leaf."""
    pairs = [(np.asarray(x), np.asarray(y)) for x, y in zip(found, wanted, strict=True)]
    assert all(x.shape == y.shape and np.isfinite(x).all() for x, y in pairs)
    return max(np.abs(x - y).max() / max(np.abs(y).max(), 1e-300) for x, y in pairs if x.size)


def bits(tree):
    """Returns all that arrays hold."""
    return [np.asarray(x).tobytes() for x in jax.tree.leaves(tree)]


def signs(steps, units):
    """Returns all patterns of signs, `[2 ** (steps * units), steps, units]`."""
    count = steps * units
    patterns = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    return jnp.asarray(1.0 - 2 * patterns.reshape(-1, steps, units))
