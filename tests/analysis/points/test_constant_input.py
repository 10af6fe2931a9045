"""The step of a cell at one input, as a map of vectors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, unroll
from rnnjax.analysis import constant_input, fixed_points, input_jacobians, linearize
from rnnjax.analysis.points.fixed_points import _search
from rnnjax.compose import LearnedStart, Stack
from rnnjax.dynamics import to_vector

pytestmark = pytest.mark.usefixtures("x64")

CELLS = {
    "lstm": cells.LSTM(3),
    "complex": cells.LRU(3),
    "stacked": Stack((cells.GRU(2), cells.LSTM(2))),
    "wrapped": LearnedStart(cells.GRU(3)),
    "orthogonal": cells.ExpRNN(3),
}


def drawn(cell):
    params = cell.init(jax.random.key(0), 2)
    up = {jnp.dtype("float32"): jnp.float64, jnp.dtype("complex64"): jnp.complex128}
    return jax.tree.map(lambda leaf: leaf.astype(up.get(leaf.dtype, leaf.dtype)), params)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_steps_of_vectors_are_those_of_the_cell(cell):
    params, x = drawn(cell), jnp.array([0.5, -1.0])
    step = constant_input(cell, params, x)
    state = cell.initial_state(params, (4,))
    after, _ = unroll.scan(cell, params, state, jnp.broadcast_to(x, (3, 4, 2)))
    h = to_vector(state, (4,))
    for _ in range(3):
        h = step(h)
    assert h.dtype == jnp.float64
    np.testing.assert_allclose(h, to_vector(after, (4,)), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_input_jacobians_are_differences(cell):
    params, x = drawn(cell), jnp.array([0.5, -1.0])
    size = to_vector(cell.initial_state(params)).shape[0]
    points = 0.3 * jax.random.normal(jax.random.key(1), (4, size))
    found = input_jacobians(cell, params, x, points)
    for k, unit in enumerate(1e-6 * jnp.eye(2)):
        after, before = (constant_input(cell, params, x + d)(points) for d in (unit, -unit))
        np.testing.assert_allclose(found[:, :, k], (after - before) / 2e-6, atol=1e-8)


def test_a_plain_network_s_jacobian_is_that_of_the_formula():
    cell = cells.Elman(4)
    params, x, h = drawn(cell), jnp.ones(2), 0.1 * jnp.arange(4.0)
    near = linearize(constant_input(cell, params, x), h[None])
    after = np.tanh(x @ params.w_x + h @ params.w_h + params.b)
    wanted = np.diag(1 - after**2) @ params.w_h.T
    np.testing.assert_allclose(near.jacobians[0], wanted, atol=1e-14)
    found = input_jacobians(cell, params, x, h[None])[0]
    np.testing.assert_allclose(found, np.diag(1 - after**2) @ params.w_x.T, atol=1e-14)


def test_a_linear_recurrence_rests_where_the_formula_says():
    cell = cells.LRU(3)
    params, x = drawn(cell), jnp.array([0.5, -1.0])
    decay, drive = cell.coefficients(params, x)
    wanted = drive / (1 - decay)
    step = constant_input(cell, params, x)
    found = fixed_points(step, 10 * jax.random.normal(jax.random.key(0), (30, 6)))
    rests = np.concatenate([wanted.real, wanted.imag])
    np.testing.assert_allclose(found.points, rests[None], rtol=1e-8)
    sizes = np.abs(linearize(step, found.points).eigenvalues[0])
    np.testing.assert_allclose(sizes, np.sort(np.repeat(np.abs(decay), 2))[::-1], rtol=1e-10)


def test_other_parameters_and_inputs_are_not_compiled_anew():
    cell, starts = cells.GRU(3), jnp.ones((2, 3))
    before = _search._cache_size()
    for scale in (1.0, 0.5):
        params = jax.tree.map(lambda leaf, scale=scale: scale * leaf, drawn(cell))
        fixed_points(constant_input(cell, params, scale * jnp.ones(2)), starts, updates=3)
    assert _search._cache_size() == before + 1
