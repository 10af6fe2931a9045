"""Inputs of whole numbers and of booleans are promoted, never what they meet cast down to them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU
from tests.catalogue import CELLS, VARIANTS
from tests.laws.draws import D, assert_close, params_of, specs, state_of, weigh

TYPES = [jnp.float32, jnp.int32, jnp.uint8, jnp.bool]
XS = np.random.default_rng(0).integers(0, 2, (3, D))


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS], ids=repr)
def test_a_cell_takes_whole_numbers_as_it_takes_floats(cell):
    params, state = params_of(cell), state_of(cell)

    def run(params, xs):
        stepped = cell.step(params, state, xs[0])
        scanned = unroll.scan(cell, params, state, xs)
        return weigh((stepped, scanned)), (stepped, scanned)

    with jax.disable_jit():  # cells share what is compiled for one operation, and little is
        expected, *others = (
            jax.grad(run, has_aux=True)(params, jnp.asarray(XS, dtype)) for dtype in TYPES
        )
    for results in others:
        assert specs(results) == specs(expected)
        assert_close(results, expected, 1e-5, 1e-6)


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
