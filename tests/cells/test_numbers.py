"""Inputs of whole numbers and of booleans are promoted, never what they meet cast down to them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU, LSTM, GRUResetBefore
from tests.laws.draws import D, assert_close, params_of, specs, state_of, weigh

TYPES = [jnp.float32, jnp.int32, jnp.uint8, jnp.bool]
XS = np.random.default_rng(0).integers(0, 2, (3, D))


def of_each_type(run, params):
    """Returns the gradient by the parameters and the results, once for each type of inputs."""

    def weighed(params, xs):
        results = run(params, xs)
        return weigh(results), results

    gradient = jax.grad(weighed, has_aux=True)
    return jax.jit(lambda p: [gradient(p, jnp.asarray(XS, dtype)) for dtype in TYPES])(params)


def assert_alike(results):
    expected, *others = results
    for result in others:
        assert specs(result) == specs(expected)
        assert_close(result, expected, 1e-5, 1e-6)


@pytest.mark.parametrize("cell", [GRUResetBefore(3), LRU(3), LSTM(3)], ids=repr)
def test_a_scan_takes_whole_numbers_as_it_takes_floats(cell):
    state = state_of(cell)
    assert_alike(of_each_type(lambda p, xs: unroll.scan(cell, p, state, xs), params_of(cell)))


@pytest.mark.parametrize("dtype", TYPES)
def test_an_lru_on_one_hot_inputs_gives_the_numbers_of_the_formula(dtype):
    cell, xs = LRU(4), jnp.eye(3, dtype=dtype)[jnp.array([0, 2, 1])]
    params = cell.init(jax.random.key(0), 3)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), xs)
    np.testing.assert_allclose(ys[-1], [-0.124, -0.284, 0.686, -0.478], atol=5e-4)

    nu, theta, gamma, *matrices = (np.asarray(p, float) for p in params)
    b_re, b_im, c_re, c_im, d = matrices
    decay, h = np.exp(-np.exp(nu) + 1j * np.exp(theta)), 0
    for x_t in np.asarray(xs, float):
        h = decay * h + np.exp(gamma) * (x_t @ (b_re + 1j * b_im))
    np.testing.assert_allclose(ys[-1], (h @ (c_re + 1j * c_im)).real + x_t @ d, rtol=1e-5)
