import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import FFM
from rnnjax.cells.base import LinearState
from tests.cells.loops import follows, sigmoid


def step(cell, p, state, x):
    v = (x @ p.w_1 + p.b_1) * sigmoid(x @ p.w_2 + p.b_2)
    decay = np.exp(np.minimum(p.alpha, 0)[:, None] + 1j * p.omega[None])
    h = decay * state.h + v[:, None]
    z = np.concatenate([h.real.ravel(), h.imag.ravel()]) @ p.w_3 + p.b_3
    z = (z - z.mean()) / np.sqrt(z.var() + 1e-5)
    o = sigmoid(x @ p.w_4 + p.b_4)
    return (h,), z * o + (x @ p.w_5 + p.b_5) * (1 - o)


def test_the_papers_equations():
    follows(FFM(3, memory=2, contexts=3), step)


def test_the_references_numbers(x64):
    cell = FFM(1, memory=1, contexts=2)
    zeros = jax.tree.map(np.zeros_like, cell.init(jax.random.key(0), 1))
    params = zeros._replace(
        w_1=np.array([[1.0]]),
        b_2=np.array([60.0]),
        alpha=np.array([-0.5]),
        omega=np.array([0, 0.3]),
    )
    state = LinearState(np.zeros((1, 2), complex))
    final, _ = unroll.scan(cell, params, state, np.array([[1.0], [-2.0]]))
    np.testing.assert_allclose(
        final.h, [[-1.39346934, -1.42055913 + 0.17924207j]], rtol=0, atol=5e-9
    )


def test_memories_start_at_many_rates_and_periods():
    params = FFM(8).init(jax.random.key(0), 1)
    np.testing.assert_allclose(params.alpha[jnp.array([0, -1])], [-0.67315, -0.0044972], rtol=1e-4)
    np.testing.assert_allclose(2 * np.pi / params.omega, [1, 342, 683, 1024], rtol=1e-5)


def test_an_eps_that_makes_no_number_is_refused():
    with pytest.raises(ValueError, match="eps must be above 0"):
        FFM(3, eps=0.0)
