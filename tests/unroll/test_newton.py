import functools
import itertools
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import compose, dynamics
from rnnjax.cells import GRU, LRU, LSTM, Cell, Elman, MinGRU
from rnnjax.testing import check_engine
from rnnjax.unroll import Newton, newton, read_engine, scan
from rnnjax.unroll.any.problem import Problem
from tests.full import full
from tests.laws.draws import (
    D,
    assert_close,
    assert_finite,
    assert_identical,
    normal,
    shaken,
    weigh,
)

LONG = 1000
MODULE = sys.modules[Newton.__module__]


@functools.partial(jax.jit, static_argnums=(0, 1))
def solve(engine, cell, params, state, xs, mask=None, reset=None):
    return engine.solve(cell, params, state, xs, mask=mask, reset=reset)


@functools.partial(jax.jit, static_argnums=(0, 1))
def gradients(engine, cell, params, state, xs, mask=None, reset=None):
    def total(params, state, xs):
        return weigh(engine(cell, params, state, xs, mask=mask, reset=reset))

    return jax.grad(total, (0, 1, 2))(params, state, xs)


@pytest.fixture
def replace(monkeypatch):
    """Breaks a function of the library for one test; programs made of it go with it."""
    jax.clear_caches()
    yield monkeypatch.setattr
    jax.clear_caches()


def drawn(cell, steps, *batch_shape, gain=1.0):
    """Returns parameters, a state and inputs; the recurrent matrix is scaled by `gain`."""
    params = shaken(1, cell.init(jax.random.key(0), D), 0.2)  # in the precision of the test
    if gain != 1:
        params = params._replace(w_h=gain * params.w_h)
    return params, cell.initial_state(params, batch_shape), normal(1, (steps, *batch_shape, D))


def errors_of_iterations(engine, steps, count):
    """Returns the largest error of any state before the first iteration and after each."""
    cell = GRU(4)
    params, state, xs = drawn(cell, steps)
    exact = scan(cell, params, state, xs)[1]
    problem = Problem(cell, params, state, jnp.asarray(xs, exact.dtype), None, None)
    change = jax.jit(lambda hs: MODULE._delta(engine, problem, hs, jnp.zeros(steps, bool)))
    hs, errors = jnp.broadcast_to(state.h, exact.shape), []
    for _ in range(count + 1):
        errors.append(float(abs(hs - exact).max()))
        hs += change(hs)
    return errors


def squares_its_error(engine):
    errors = [e for e in errors_of_iterations(engine, steps=200, count=6) if 1e-12 < e < 0.2]
    assert len(errors) >= 3
    for before, after in itertools.pairwise(errors):
        assert after < 2 * before**2


@pytest.mark.full
def test_the_error_is_squared_by_an_iteration(x64):
    squares_its_error(Newton())


@pytest.mark.parametrize("engine", [Newton(diagonal=True), Newton(damping=0.1)], ids=repr)
@pytest.mark.full
def test_approximate_jacobians_do_not_square_the_error(engine, x64):
    with pytest.raises(AssertionError):
        squares_its_error(engine)
    errors = errors_of_iterations(engine, steps=200, count=12)
    assert errors[-1] < 1e-3 * errors[0]


@pytest.mark.parametrize("cell", [GRU(4), LSTM(3), Elman(4)], ids=repr)
@pytest.mark.full
def test_few_iterations_solve_many_steps(cell):
    solution = solve(Newton(), cell, *drawn(cell, LONG, 3))
    assert solution.converged.all()
    assert solution.iterations.shape == (3,)
    assert (solution.iterations <= 10).all()


@pytest.mark.parametrize("cell", [full(LRU(3)), MinGRU(3)], ids=repr)
def test_a_linear_cell_takes_one_iteration_and_one_that_changes_nothing(cell):
    solution = solve(Newton(), cell, *drawn(cell, 100, 2))
    assert (solution.iterations == 2).all()
    assert solution.converged.all()


@pytest.mark.parametrize(
    "hidden", [4, *(pytest.param(wide, marks=pytest.mark.full) for wide in (8, 16))]
)
@pytest.mark.full
def test_ten_thousand_steps_end_where_the_loop_does(hidden):
    cell = GRU(hidden)
    arguments = drawn(cell, 10_000)
    solution = solve(Newton(), cell, *arguments)
    assert solution.converged.all()
    state, ys = jax.jit(functools.partial(scan, cell))(*arguments)
    assert_close((solution.state, solution.ys), (state, ys), rtol=0, atol=1e-5)


def is_right_without_converging(engine, cell, gain):
    arguments = drawn(cell, 60, 2, gain=gain)
    solution = solve(engine, cell, *arguments)
    assert not solution.converged.any()
    assert (solution.iterations == engine.max_iterations).all()
    assert_close((solution.state, solution.ys), scan(cell, *arguments), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("engine", "cell", "gain"),
    [
        full(Newton(max_iterations=1), GRU(3), 1.0),
        (Newton(max_iterations=5), Elman(4), 3.0),  # chaotic
        full(Newton(diagonal=True, max_iterations=3), LSTM(2), 1.0),
    ],
    ids=repr,
)
def test_where_it_does_not_converge_the_result_is_right_all_the_same(engine, cell, gain):
    is_right_without_converging(engine, cell, gain)


@pytest.mark.full
def test_without_the_plain_loop_the_result_would_not_be_right(replace):
    replace(MODULE, "_finish", lambda problem, hs, settled: hs)
    with pytest.raises(AssertionError):
        is_right_without_converging(Newton(max_iterations=1), GRU(3), 1.0)


@pytest.mark.full
def test_where_it_does_not_converge_so_is_the_gradient():
    cell = GRU(3)
    arguments = drawn(cell, 60, 2)
    actual = gradients(Newton(max_iterations=1), cell, *arguments)
    assert_close(actual, gradients(scan, cell, *arguments))


@pytest.mark.full
def test_a_step_is_settled_by_an_iteration_at_the_least():
    cell = Elman(4)
    arguments = drawn(cell, 40, gain=8.0)
    for engine in (Newton(), Newton(diagonal=True), Newton(damping=1.0)):
        solution = solve(engine, cell, *arguments)
        assert solution.converged.all()
        assert solution.iterations <= 42
        assert_close((solution.state, solution.ys), scan(cell, *arguments), rtol=0, atol=1e-4)


def converges_on_unstable_linearisations(engine):
    # Input drives the units into saturation, where steps contract; about a first guess they expand.
    cell = Elman(4)
    params, state, xs = drawn(cell, 256, gain=3.0)
    solution = solve(engine, cell, params, state, 3 * xs)
    assert solution.converged.all()
    assert_close(solution.ys, scan(cell, params, state, 3 * xs)[1], rtol=0, atol=1e-4)


@pytest.mark.full
def test_damping_converges_in_time_where_plain_iterations_do_not():
    converges_on_unstable_linearisations(Newton(damping=0.3, max_iterations=40))
    with pytest.raises(AssertionError):
        converges_on_unstable_linearisations(Newton(max_iterations=40))


@pytest.mark.full
def test_no_sequence_depends_on_another():
    cell = Elman(4)
    params, state, xs = drawn(cell, 50, 2, gain=2.0)
    together = solve(Newton(), cell, params, state, xs)
    other = solve(Newton(), cell, params, state, xs * np.array([[1.0], [10.0]], np.float32))
    first = functools.partial(jax.tree.map, lambda leaf: leaf[0])
    assert_identical(together.ys[:, 0], other.ys[:, 0])
    assert_identical(first(together.state), first(other.state))
    assert together.iterations[0] == other.iterations[0]
    assert together.iterations[1] != other.iterations[1]


def has_the_exact_gradient(engine):
    cell = LSTM(2)
    arguments = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), drawn(cell, 30, 2))
    flags = normal(5, (30, 2)) > -1, normal(6, (30, 2)) > 1
    actual = gradients(engine, cell, *arguments, *flags)
    assert_close(actual, gradients(scan, cell, *arguments, *flags), rtol=1e-9, atol=1e-11)


EXACT = [
    Newton(tolerance=1e-12),
    Newton(diagonal=True, tolerance=1e-14),
    Newton(damping=0.3, tolerance=1e-14),
    Newton(max_iterations=1),
]


@pytest.mark.parametrize("engine", [EXACT[0], *map(full, EXACT[1:])], ids=repr)
def test_the_gradient_is_that_of_the_solution_however_it_was_found(engine, x64):
    has_the_exact_gradient(engine)


@pytest.mark.full
def test_the_gradient_needs_full_jacobians(x64, replace):
    replace(MODULE, "jacobians", dynamics.diagonal_jacobians)
    with pytest.raises(AssertionError):
        has_the_exact_gradient(Newton(diagonal=True, tolerance=1e-14))


@pytest.mark.full
def test_derivatives_are_right_in_forward_mode_and_twice(x64):
    cell = GRU(2)
    params, state, xs = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), drawn(cell, 8))

    def total(engine, h):
        return weigh(engine(cell, params, state._replace(h=h), xs))

    for derivative in (jax.jacfwd, jax.hessian, lambda f: jax.jacrev(jax.jacfwd(f))):
        actual, expected = (
            jax.jit(derivative(functools.partial(total, engine)))(state.h)
            for engine in (Newton(tolerance=1e-12), scan)
        )
        assert_close(actual, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.full
def test_a_nan_after_a_reset_stays_out_of_gradients_before_it():
    cell = GRU(3)
    params, state, xs = drawn(cell, 12, 2)
    reset = np.zeros((12, 2), bool)
    reset[6] = True
    xs[8, 0] = np.nan
    _, by_state, by_xs = gradients(Newton(), cell, params, state, xs, None, reset)
    _, expected_by_state, expected_by_xs = gradients(scan, cell, params, state, xs, None, reset)
    assert_finite((by_state, by_xs[:6], by_xs[:, 1]))
    assert_close((by_state, by_xs), (expected_by_state, expected_by_xs))


@pytest.mark.parametrize("batch_shape", [(), (2, 3)], ids=repr)
@pytest.mark.full
def test_any_batch_axes_will_do(batch_shape):
    cell = compose.Stack((LSTM(3), LRU(2)))
    arguments = drawn(cell, 9, *batch_shape)
    mask = normal(2, (9, *batch_shape[:1])) > -1  # batch axes are missing at the end
    reset = normal(3, (9, *batch_shape)) > 1
    solution = solve(Newton(), cell, *arguments, mask, reset)
    assert solution.iterations.shape == solution.converged.shape == batch_shape
    expected = scan(cell, *arguments, mask=mask, reset=reset)
    assert_close((solution.state, solution.ys), expected)


@pytest.mark.full
def test_half_precision_ends_where_the_loop_does_up_to_its_rounding():
    cell = GRU(4)
    arguments = jax.tree.map(lambda x: jnp.asarray(x, jnp.bfloat16), drawn(cell, 50, 2))
    solution = solve(Newton(), cell, *arguments)
    assert solution.converged.all()
    _, ys = scan(cell, *arguments)
    assert solution.state.h.dtype == solution.ys.dtype == jnp.bfloat16
    actual, expected = (np.asarray(x, np.float32) for x in (solution.ys, ys))
    np.testing.assert_allclose(actual, expected, atol=0.03)


def test_an_empty_sequence_leaves_the_state():
    cell = GRU(3)
    params, state, xs = drawn(cell, 0, 2)
    solution = solve(Newton(), cell, params, state, xs)
    assert_identical(solution.state, state)
    assert solution.ys.shape == (0, 2, 3)
    assert solution.converged.all()
    assert (solution.iterations == 0).all()


class Counting(Cell):
    """Its state is a whole number."""

    @property
    def output_dim(self):
        return 1

    def init(self, key, input_dim):
        return ()

    def initial_state(self, params, batch_shape=()):
        return jnp.zeros(batch_shape, int)

    def step(self, params, state, x_t):
        return state + 1, x_t[..., :1]


def test_a_state_of_whole_numbers_is_refused():
    with pytest.raises(TypeError, match=r"unroll\.newton runs states .*int"):
        newton(Counting(), (), jnp.zeros(2, int), jnp.ones((4, 2, 1)))


@pytest.mark.parametrize("cell", [LSTM(2), LRU(2)], ids=repr)
@pytest.mark.full
def test_diagonal_and_damped_it_obeys_the_laws_too(cell):
    check_engine(Newton(diagonal=True, damping=0.1), cell)


def test_it_prints_reads_and_compares_as_the_call_that_makes_it():
    engine = Newton(diagonal=True, damping=0.5, tolerance=1e-6, max_iterations=7)
    assert repr(engine) == ("Newton(diagonal=True, damping=0.5, tolerance=1e-06, max_iterations=7)")
    assert read_engine(repr(engine)) == eval(repr(engine)) == engine != Newton()
    assert read_engine("newton") == read_engine(repr(Newton())) == Newton()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"diagonal": 1}, "diagonal must be True or False; got 1"),
        ({"damping": 1.5}, "damping must be a number from 0 to 1; got 1.5"),
        ({"damping": float("nan")}, "damping must be a number from 0 to 1; got nan"),
        ({"tolerance": 0.0}, "tolerance must be a number above 0; got 0.0"),
        ({"tolerance": float("inf")}, "tolerance must be a number above 0; got inf"),
        ({"max_iterations": 0}, "max_iterations must be a whole number of 1 or more; got 0"),
    ],
)
def test_numbers_with_which_nothing_converges_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Newton(**fields)


@pytest.mark.parametrize("batch_shape", [(), (3,)], ids=repr)
@pytest.mark.full
def test_weights_in_half_precision_have_the_gradient_of_those_in_single(batch_shape):
    cell = LSTM(8)
    params, _, xs = drawn(cell, LONG, *batch_shape)
    half = jax.tree.map(lambda x: jnp.asarray(x, jnp.bfloat16), (params, xs))
    single = jax.tree.map(lambda x: x.astype(jnp.float32), half)

    def gradient(engine, params, xs):
        def total(params):
            _, ys = engine(cell, params, cell.initial_state(params, batch_shape), xs)
            return ((ys.astype(jnp.float32) + 0.3) ** 2).sum()

        return jax.tree.map(np.asarray, jax.grad(total)(params))

    for found, exact in zip(gradient(newton, *half), gradient(scan, *single), strict=True):
        assert found.dtype == jnp.bfloat16
        assert np.linalg.norm(found - exact) < 0.02 * np.linalg.norm(exact)


class Two(Cell):
    """Takes two inputs and puts both out, the second summed."""

    @property
    def output_dim(self):
        return 1

    def init(self, key, input_dim):
        return ()

    def initial_state(self, params, batch_shape=()):
        return jnp.zeros((*batch_shape, 1))

    def step(self, params, state, x_t):
        after = jnp.tanh(state + x_t["b"])
        return after, {"sum": after, "same": x_t["a"]}


def test_inputs_and_outputs_may_be_several_arrays():
    cell, xs = Two(), {"a": normal(1, (9, 2, 3)), "b": normal(2, (9, 2, 1))}
    flags = {"mask": normal(3, (9, 2)) > -1, "reset": normal(4, (9, 2)) > 1}
    state = cell.initial_state((), (2,))
    assert_close(newton(cell, (), state, xs, **flags), scan(cell, (), state, xs, **flags))


def test_a_solution_is_compiled_once_and_prepares_what_the_engine_does():
    traced = []

    class Doubled(GRU):
        def prepare(self, params):
            traced.append(params)
            return params._replace(w_x=2 * params.w_x)

    cell = Doubled(3)
    params, state, xs = drawn(cell, 5)
    solution = newton.solve(cell, params, state, xs)
    assert len(traced) == 1
    newton.solve(Doubled(3), params, state, xs + 1)
    assert len(traced) == 1
    assert_close((solution.state, solution.ys), newton(cell, params, state, xs))
    plain = GRU(3)
    twice = params._replace(w_x=2 * params.w_x)
    assert_close((solution.state, solution.ys), scan(plain, twice, state, xs), atol=1e-4)
