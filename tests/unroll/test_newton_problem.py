"""A call as one equation: its steps, each by itself, and where sequences begin."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import compose, dynamics
from rnnjax.cells import LRU, LSTM
from rnnjax.unroll.any.problem import Problem
from rnnjax.unroll.masks import masked_step
from tests.laws.draws import B, D, assert_close, normal, params_of, state_of

CELL = compose.Stack((LSTM(3), LRU(2)))  # real and complex, three leaves, N = 3 + 3 + 2 * 2
T, N = 6, 10
RESET = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]], bool)
MASK = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1], [1, 1, 0], [1, 1, 1]], bool)
STATE = jax.tree.map(jnp.asarray, state_of(CELL, (B,)))
XS, M, R = (jnp.asarray(x) for x in (normal(1, (T, B, D)), MASK, RESET))
PROBLEM = Problem(CELL, params_of(CELL), STATE, XS, M, R)


def test_steps_are_those_of_each_sequence_by_itself():
    befores = jnp.asarray(normal(4, (T, B, N)))
    afters, jacobians = jax.jit(lambda hs: dynamics.jacobians(PROBLEM.afters, hs))(befores)
    own = jax.tree.map(lambda leaf: leaf[0], STATE)

    @jax.jit
    def step(h, x_t, mask_t, reset_t):
        state = dynamics.to_state(h, own)
        after, _ = masked_step(CELL, PROBLEM.params, state, x_t, mask_t, reset_t)
        return dynamics.to_vector(after)

    jacobian = jax.jit(jax.jacrev(step))
    for t, row in np.ndindex(T, B):
        arguments = befores[t, row], *(x[t, row] for x in PROBLEM.inputs)
        assert_close(afters[t, row], step(*arguments))
        assert_close(jacobians[t, row], jacobian(*arguments))
    # A step that is masked changes nothing; one that begins a sequence forgets.
    np.testing.assert_array_equal(jacobians[1, 1], np.eye(N))
    np.testing.assert_array_equal(jacobians[2, 0], np.zeros((N, N)))


def test_a_sequence_begins_where_it_is_reset_and_not_masked():
    np.testing.assert_array_equal(PROBLEM.begins(), RESET & MASK)
    np.testing.assert_array_equal(PROBLEM._replace(mask=None).begins(), RESET)
    expected = np.repeat(RESET[:, :1], B, axis=1) & MASK
    np.testing.assert_array_equal(PROBLEM._replace(reset=R[:, 0]).begins(), expected)
    assert PROBLEM._replace(reset=None).begins() is None
