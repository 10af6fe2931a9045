import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import RGLRU
from rnnjax.cells.linear.rglru import RGLRUParams
from tests.cells.loops import follows, sigmoid


def step(cell, p, state, x):
    u = x @ p.w_x
    size = cell.hidden // cell.heads
    h = np.zeros(cell.hidden)
    for j in range(cell.hidden):
        head, unit = divmod(j, size)
        own = u[head * size : (head + 1) * size]
        i = sigmoid(own @ p.w_i[head, :, unit] + p.b_i[j])
        r = sigmoid(own @ p.w_r[head, :, unit] + p.b_r[j])
        a = sigmoid(-p.p[j]) ** (8 * r)  # eq. 3, Lambda = -p
        h[j] = a * state.h[j] + np.sqrt(1 - a**2) * (i * u[j])
    return (h,), h


def test_the_papers_equations():
    follows(RGLRU(4, heads=2), step)


def test_the_references_numbers(x64):
    params = RGLRUParams(
        w_x=np.eye(2),
        w_i=np.array([[[0.2, -0.1], [0.3, 0.4]]]),
        w_r=np.array([[[0.5, 0.1], [-0.2, 0.3]]]),
        b_i=np.zeros(2),
        b_r=np.zeros(2),
        p=np.array([-1, 0.5]),
    )
    xs = np.array([[1, -2], [0.5, 1]])
    final, _ = unroll.scan(RGLRU(2), params, RGLRU(2).initial_state(params), xs)
    np.testing.assert_allclose(final.h, [0.397153536688, 0.580614264760], rtol=1e-11)


def test_a_closed_gate_keeps_the_state_and_has_derivatives():
    cell = RGLRU(2)
    params = cell.init(jax.random.key(0), 2)._replace(b_r=jnp.full(2, -1e4))
    state = cell.initial_state(params)._replace(h=jnp.array([0.5, -2.0]))
    x = jnp.ones(2)
    np.testing.assert_array_equal(cell.step(params, state, x)[1], state.h)
    slopes = jax.grad(lambda params: cell.step(params, state, x)[1].sum())(params)
    assert all(np.isfinite(leaf).all() for leaf in slopes)


def test_open_gates_make_it_a_real_lru_whose_states_are_of_the_size_of_its_inputs(x64):
    cell = RGLRU(3)
    params = cell.init(jax.random.key(0), 2)._replace(b_i=np.full(3, 1e3), b_r=np.full(3, 1e3))
    decay, drive = cell.coefficients(params, np.array([0.5, -1.0]))
    a = sigmoid(-np.asarray(params.p, float)) ** 8
    np.testing.assert_allclose(decay, a, rtol=1e-6)
    u = np.array([0.5, -1.0]) @ params.w_x
    np.testing.assert_allclose(drive, np.sqrt(1 - a**2) * u, rtol=1e-5)  # variance u^2 in the end


def test_decays_of_an_open_gate_start_in_their_range():
    p = RGLRU(1000, a_min=0.5, a_max=0.9).init(jax.random.key(0), 1).p
    square = np.asarray(sigmoid(-p)) ** 2
    np.testing.assert_allclose(np.quantile(square, [0, 0.5, 1]), [0.25, 0.53, 0.81], atol=0.03)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"heads": 2}, "heads must divide hidden"),
        ({"c": 0.0}, "c must be above zero"),
        ({"a_max": 1.0}, "needs 0 < a_min < a_max < 1"),
    ],
)
def test_impossible_numbers_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        RGLRU(3, **fields)
