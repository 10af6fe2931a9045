import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, unroll
from rnnjax.cells.linear.lru import LRUParams
from rnnjax.learning import RTRL
from rnnjax.testing.transform_laws import given_to
from tests.catalogue import name
from tests.full import full
from tests.laws.draws import normal, params_of
from tests.learning import bench
from tests.learning.runs import distance, gradient

EXACT = 1e-12


def test_the_gradient_of_the_bench(x64):
    bench.close(bench.gradient(RTRL()), bench.BPTT)


def test_a_loss_of_the_last_step_alone(x64):
    wanted = bench.gradient(unroll.scan, counts=bench.LAST)
    assert np.abs(wanted - bench.BPTT).max() > 0.1
    bench.close(bench.gradient(RTRL(), counts=bench.LAST), wanted)


@pytest.mark.parametrize("window", [2, full(3), 5, full(9)])
def test_any_window_is_exact(window, x64):
    """Of five steps with masks and resets, the last window too short for some."""
    cell = cells.LeakyElman(2)
    wanted, _ = gradient(unroll.scan, cell)
    found, _ = gradient(RTRL(window=window), cell)
    assert distance(found, wanted) < EXACT


def test_the_linear_recurrent_unit_of_the_authors_test(x64):
    """`lambda = 0.5, b = 2 + 2i, c = 2 + i` on 1, 2, 3, with `(y - 1)^2 / 2` at each step.

    Zucchet et al. (2023), their code's test: `y = 2, 5, 8.5`, so errors are 1, 4, 7.5; with the
    errors times c, the trace of b is 1, 2.5, 4.25, and that of lambda 0, 2 + 2i, 6 + 6i.
    """
    numbers = (np.log(np.log(2)), -40.0, 0.0, 2.0, 2.0, 2.0, 1.0, 0.0)
    shapes = ((1,), (1,), (1,), *[(1, 1)] * 5)
    params = LRUParams(*(jnp.full(*pair) for pair in zip(shapes, numbers, strict=True)))
    cell, xs = cells.LRU(1), jnp.asarray([[1.0], [2.0], [3.0]])

    def loss(params):
        ys = RTRL()(cell, params, cell.initial_state(params), xs)[1]
        return jnp.sum((ys - 1) ** 2) / 2, ys

    found, ys = jax.grad(loss, has_aux=True)(params)
    np.testing.assert_allclose(ys[:, 0], [2, 5, 8.5], rtol=1e-12)
    of_trace = (2 + 1j) * (4 * (2 + 2j) + 7.5 * (6 + 6j))
    assert of_trace == 53 + 159j
    wanted = {
        "nu_log": of_trace.real * 0.5 * -np.log(2),
        "theta_log": 0,
        "gamma_log": 85.75,
        "b_re": 85.75,
        "b_im": -42.875,
        "d": 31.5,
    }
    for key, number in wanted.items():
        np.testing.assert_allclose(getattr(found, key), number, rtol=1e-12, atol=1e-12, err_msg=key)


def test_batch_axes_and_vmap(x64):
    """A gradient is the sum over sequences, whatever axes they lie on."""
    cell = cells.LeakyElman(2)
    params = params_of(cell)
    xs = jnp.asarray(normal(1, (4, 2, 3, 2)), float)  # [T, E, B, D]

    def loss(params, xs):
        state = cell.initial_state(params, xs.shape[1:-1])
        return jnp.sum(RTRL()(cell, params, state, xs)[1] ** 3)

    of_all = jax.jit(jax.grad(loss))(params, xs)
    of_each = jax.vmap(jax.vmap(jax.grad(loss), (None, 1)), (None, 1))
    summed = jax.tree.map(lambda x: x.sum((0, 1)), jax.jit(of_each)(params, xs))
    assert distance(of_all, summed) < EXACT
    wanted = jax.jit(jax.grad(lambda p: _cubes(cell, p, cell.initial_state(p, (2, 3)), xs)))(params)
    assert distance(of_all, wanted) < EXACT


@pytest.mark.parametrize(
    "cell",
    [
        compose.Stack((cells.Elman(2), compose.Residual(cells.LeakyElman(2)))),
        full(compose.learned_start(cells.LRU(2))),
        full(cells.PhasedLSTM(2, ratio=0.7, log_tau_max=2.0)),
    ],
    ids=name,
)
def test_windows_of_cells_made_of_cells_of_whole_and_of_complex_numbers(cell, x64):
    wanted, _ = gradient(unroll.scan, cell)
    found, _ = gradient(RTRL(window=2), cell)
    assert distance(found, wanted) < EXACT


def test_gradients_of_inputs_are_within_a_window(x64):
    """What lies below learns of the present alone: here of one step, of two, of all."""
    cell = cells.LeakyElman(2)
    given = given_to(cell)._replace(mask=None, reset=None)

    def of_inputs(engine):
        def loss(x):
            return jnp.sum(engine(cell, given.params, given.state, x)[1] ** 3)

        return np.asarray(jax.jit(jax.grad(loss))(given.x))

    states = [given.state]
    for x_t in given.x:
        states.append(cell.step(given.params, states[-1], x_t)[0])
    for window in (1, 2, 5):
        wanted = []
        for t in range(0, 5, window):
            part = given.x[t : t + window]
            wanted.append(jax.grad(lambda x, h=states[t]: _cubes(cell, given.params, h, x))(part))
        np.testing.assert_allclose(
            of_inputs(RTRL(window=window)), np.concatenate(wanted), rtol=1e-10, atol=1e-12
        )


def _cubes(cell, params, state, xs):
    """Returns the loss in a loop of Python."""
    total = 0.0
    for x_t in xs:
        state, y_t = cell.step(params, state, x_t)
        total += jnp.sum(y_t**3)
    return total


def test_parameters_in_half_precision():
    """Their influence is kept in single precision; what comes back has the parameters' type."""
    cell = cells.Elman(3)
    given = given_to(cell)
    half = jax.tree.map(lambda x: x.astype(jnp.bfloat16), given.params)
    rounded = jax.tree.map(lambda x: x.astype(jnp.float32), half)
    found, _ = gradient(RTRL(), cell, given._replace(params=half))
    wanted, _ = gradient(unroll.scan, cell, given._replace(params=rounded))
    assert [x.dtype for x in found[:3]] == [jnp.bfloat16] * 3
    assert distance([x.astype(jnp.float32) for x in found], wanted) < 0.02
