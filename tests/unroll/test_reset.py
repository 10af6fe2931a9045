"""A reset parts sequences for good."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.catalogue import ENGINES, SERVED, name
from tests.laws.draws import D, assert_close, normal, params_of, state_of


@pytest.mark.parametrize("engine", ENGINES, ids=name)
def test_a_nan_before_a_reset_does_not_come_through_it(engine):
    cell = next(cell for other, cell in SERVED if other is engine)
    params, state = params_of(cell), state_of(cell, (2,))
    xs = normal(1, (7, 2, D))
    reset = np.zeros((7, 2), bool)
    reset[[0, 3], [1, 0]] = True
    poisoned = xs.copy()
    poisoned[1, 0] = np.nan
    state_nan = jax.tree.map(lambda leaf: leaf.at[1].set(jnp.nan), jax.tree.map(jnp.asarray, state))
    expected_state, expected = engine(cell, params, state, xs, reset=reset)
    after, ys = engine(cell, params, state_nan, poisoned, reset=reset)
    assert_close((after, ys[3:], ys[:, 1]), (expected_state, expected[3:], expected[:, 1]))
    assert np.isnan(ys[1:3, 0]).all()
