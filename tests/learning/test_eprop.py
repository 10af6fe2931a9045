import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose
from rnnjax.learning import RFLO, RTRL, TBPTT, EProp, SnAp
from rnnjax.numbers import numbers_of
from rnnjax.testing.transform_laws import given_to
from tests.catalogue import name
from tests.full import full
from tests.laws.draws import params_of, weigh
from tests.learning import bench
from tests.learning.runs import distance, gradient

hold = jax.lax.stop_gradient
sigmoid = jax.nn.sigmoid


@pytest.fixture(autouse=True)
def _as_papers_write_it():
    with jax.numpy_rank_promotion("allow"):
        yield


def leaky(p, state, x):
    return ((1 - 0.2) * state[0] + 0.2 * jnp.tanh(x @ p.w_x + hold(state[0]) @ p.w_h + p.b),)


def lstm(p, state, x):
    h, c = state
    i, f, g, o = jnp.split(x @ p.w_x + hold(h) @ p.w_h + p.b, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
    return sigmoid(o) * jnp.tanh(c), c


def gru(p, state, x):
    (h,) = state
    (u_r, u_z, u_n), (v_r, v_z, v_n) = (
        jnp.split(z, 3, -1) for z in (x @ p.w_x + p.b, hold(h) @ p.w_h)
    )
    z = sigmoid(u_z + v_z)
    n = jnp.tanh(u_n + sigmoid(u_r + v_r) * (v_n + p.b_n))
    return ((1 - z) * n + z * h,)


CELLS = {cells.LeakyElman(3): leaky, cells.LSTM(3): lstm, cells.GRU(3): gru}


@pytest.mark.parametrize("cell", CELLS, ids=name)
def test_it_is_the_derivative_with_a_held_recurrent_product(cell, x64):
    """In loops of Python, the cells' equations written out anew."""
    given = given_to(cell)._replace(mask=None, reset=None)
    found, (after, _) = gradient(EProp(), cell, given)
    kind = type(given.state)

    def total(params, state):
        state, hs = tuple(state), []
        for x_t in given.x:
            state = CELLS[cell](params, state, x_t)
            hs.append(state[0])
        return weigh((kind(*state), jnp.stack(hs))), state

    wanted, state = jax.jit(jax.grad(total, (0, 1), has_aux=True))(given.params, given.state)
    assert distance(jax.tree.leaves(after), state) < 1e-12
    assert distance(found, jax.tree.leaves(wanted)) < 1e-12


RFLO_OF_BENCH = [
    [-0.118705634164, 0.046919535002],
    [-0.136897192157, 0.451253140851],
    [0.518158583973, -1.378629958846],
    [1.155529731899, -3.161692998633],
]


@pytest.mark.parametrize("rule", [RFLO(), EProp(), full(RFLO(window=3))], ids=name)
def test_the_gradient_of_the_bench(rule, x64):
    """Windows change nothing: within one, products are held as well."""
    found = bench.gradient(rule)
    bench.close(found, RFLO_OF_BENCH)
    assert bench.cosine(found, bench.BPTT) == pytest.approx(0.986914567933, abs=1e-11)


@pytest.mark.parametrize("rule", [RFLO(), EProp(), SnAp(1)], ids=name)
def test_without_recurrent_weights_rules_are_exact(rule, x64):
    params = bench.PARAMS._replace(w_h=np.zeros((2, 2)))
    bench.close(bench.gradient(rule, params=params), bench.gradient(RTRL(), params=params))


def test_without_a_leak_it_knows_the_present_alone(x64):
    cell = cells.LeakyElman(2, dt=1.0, tau=1.0)
    present = bench.gradient(TBPTT(), cell)
    bench.close(bench.gradient(RFLO(), cell), present)
    assert np.abs(bench.gradient(SnAp(1), cell) - present).max() > 0.01


@pytest.mark.parametrize("cell", [cells.LRU(2), full(cells.MinGRU(2))], ids=name)
def test_of_a_linear_recurrence_it_is_exact(cell, x64):
    wanted, _ = gradient(RTRL(), cell)
    found, _ = gradient(EProp(), cell)
    assert distance(found, wanted) < 1e-12


def test_of_a_stack_each_layer_has_its_products_held(x64):
    """The lower layer's state moves the upper one's, and that keeps what it was told."""
    cell = compose.Stack((cells.LeakyElman(2), cells.LeakyElman(2, dt=50.0)))
    given = given_to(cell)._replace(mask=None, reset=None)
    found, _ = gradient(EProp(), cell, given)

    def total(params, state):
        (low,), (high,) = state
        hs = []
        for x_t in given.x:
            (low,) = leaky(params[0], (low,), x_t)
            p, before = params[1], high
            high = before + 0.5 * (jnp.tanh(low @ p.w_x + hold(before) @ p.w_h + p.b) - before)
            hs.append(high)
        kinds = [type(part) for part in given.state]
        return weigh(((kinds[0](low), kinds[1](high)), jnp.stack(hs)))

    wanted = jax.jit(jax.grad(total, (0, 1)))(params_of(cell), given.state)
    assert distance(found, numbers_of(wanted)) < 1e-12
