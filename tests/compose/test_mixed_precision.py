import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, unroll
from rnnjax.cells import (
    GRU,
    LRU,
    LSTM,
    AssociativeCell,
    Cell,
    Elman,
    GRUResetBefore,
    LinearCell,
    MinGRU,
    PeepholeLSTM,
    SplitCell,
)
from rnnjax.compose import (
    LearnedStart,
    MixedPrecision,
    Residual,
    Stack,
    learned_start,
    mixed_precision,
    read_cell,
)
from rnnjax.equations import named
from rnnjax.testing import cell_laws, contract_laws
from rnnjax.testing.cell_results import CellResults
from tests.catalogue import ENGINES, name, of_width
from tests.laws.draws import assert_close, assert_identical, normal, shaken, specs, weigh

pytestmark = pytest.mark.usefixtures("gaining_by_halves")

T, B, D = 20, 4, 4
XS = normal(1, (T, B, D))
EACH = [of_width(cell, 8) for cell in cells.__all__]
MIXED = [mixed_precision(cell) for cell in (LSTM(4), LRU(4), MinGRU(4), GRUResetBefore(4))]
# Newton's method has products of its own, with Jacobians, which the mixed cells do not round.
LOOPS = {e: contract for e, contract in ENGINES.items() if not isinstance(e, unroll.Newton)}
SERVED = [(e, c) for e, contract in LOOPS.items() for c in MIXED if isinstance(c, contract)]


def params_of(cell):
    """Draws parameters; biases, which start at zero, are moved off it.

    Of those that are drawn no rectified unit is so near its edge that rounding takes it across.
    """
    return shaken(2, jax.jit(cell.init, static_argnums=1)(jax.random.key(1), D), 0.2)


def results(engine, cell, params, xs=XS, mask=None, reset=None):
    """Returns the gradient by the parameters, the final state and the outputs."""

    def total(params):
        state = cell.initial_state(params, xs.shape[1:-1])
        found = engine(cell, params, state, xs, mask=mask, reset=reset)
        return weigh(found), found

    return jax.grad(total, has_aux=True)(params)


# Left to itself the compiler keeps some numbers in single precision that were to be rounded.
compiled_results = jax.jit(
    results, static_argnums=0, compiler_options={"xla_allow_excess_precision": False}
)


def products(jaxpr):
    """Lists the dtypes that the products of a program multiply."""
    return [v.aval.dtype for product in named("dot_general", jaxpr) for v in product.invars]


def test_a_cell_keeps_its_contract():
    assert mixed_precision(LSTM(3)) == MixedPrecision(LSTM(3))
    for cell in EACH:
        mixed = mixed_precision(cell)
        assert isinstance(mixed, SplitCell) == isinstance(cell, SplitCell)
        assert isinstance(mixed, LinearCell) == isinstance(cell, LinearCell)
        assert mixed.output_dim == cell.output_dim


class Average(Cell):
    """A cell without parameters."""

    @property
    def output_dim(self):
        return 2

    def init(self, key, input_dim):
        return ()

    def initial_state(self, params, batch_shape=()):
        return jnp.zeros((*batch_shape, 2))

    def step(self, params, state, x_t):
        state = 0.5 * (state + x_t)
        return state, state


def test_without_parameters_the_dtype_is_that_of_state_and_input():
    cell = mixed_precision(Average())
    state, ys = unroll.scan(cell, (), cell.initial_state((), (3,)), jnp.full((4, 3, 2), 1 / 3))
    assert state.dtype == ys.dtype == jnp.float32
    assert_close(ys[:, 0, 0], (1 - 0.5 ** np.arange(1, 5)) / 3, rtol=2**-7)


def test_what_is_mixed_is_not_mixed_again():
    for cell in (LSTM(3), LRU(3), GRUResetBefore(3), Stack((LSTM(3), Residual(MinGRU(3))))):
        assert mixed_precision(mixed_precision(cell)) == mixed_precision(cell)


def test_of_a_cell_made_of_cells_the_parts_are_mixed():
    stack = Stack((LSTM(3), Residual(MinGRU(3))))
    wanted = Stack((MixedPrecision(LSTM(3)), Residual(MixedPrecision(MinGRU(3)))))
    assert mixed_precision(stack) == wanted


def test_of_a_cell_that_is_changed_otherwise_the_cell_within_is_mixed():
    cell = mixed_precision(learned_start(LRU(3)))
    assert cell == LearnedStart(MixedPrecision(LRU(3)))
    params = cell.init(jax.random.key(0), D)
    params = params._replace(initial=jax.tree.map(lambda x: x + 1 / 3, params.initial))
    state = cell.initial_state(cell.prepare(params)).h
    np.testing.assert_array_equal(state.real, np.float32(1 / 3))  # not rounded


LAWS = (
    cell_laws.keeps_the_shape_of_its_state,
    cell_laws.steps_alike_with_prepared_parameters,
    cell_laws.sees_the_past_and_the_present_alone,
    cell_laws.is_finite_at_large_inputs,
    cell_laws.prints_as_the_call_that_makes_it,
    cell_laws.is_equal_to_its_copies,
    cell_laws.is_a_frozen_constant,
)


@pytest.mark.parametrize("cell", MIXED, ids=repr)
@pytest.mark.full
def test_laws_that_rounding_does_not_break_hold(cell):
    results = CellResults(cell)
    for law in LAWS:
        law(results)


def test_vectors_alone_are_combined():
    contract_laws.combines_with_vectors_alone(CellResults(mixed_precision(PeepholeLSTM(3))))


def test_it_can_be_asked_for_by_text():
    assert read_cell("mixed_precision(LSTM(3))", hidden=9) == mixed_precision(LSTM(3))
    assert read_cell("MixedPrecision(LSTM(3))", hidden=9) == mixed_precision(LSTM(3))


# Of these rounding makes other steps: of DNC it changes the order of slots, of NTM sharp weights,
# of TapeRNN a state without bound.
APART = ("DNC", "NTM", "TapeRNN")
USUAL = ("DeltaNet", "GRUResetBefore", "LRU", "LSTM")  # of the others with --full


def error_of(found, wanted):
    """Returns the median of the leaves' errors, each by the leaf's size or a tenth of the largest.

    A gradient that is what is left of larger numbers, as RWKV-4's by its decays, is all rounding.
    """
    leaves = [jax.tree.leaves(tree) for tree in (found, wanted)]
    size = max(map(root_mean_square, leaves[1]))
    return np.median(
        [
            root_mean_square(f - w) / max(root_mean_square(w), size / 10)
            for f, w in zip(*leaves, strict=True)
        ]
    )


def root_mean_square(x):
    return np.sqrt(np.mean(np.abs(np.asarray(x, complex)) ** 2))


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(cell, marks=() if type(cell).__name__ in USUAL else pytest.mark.full)
        for cell in EACH
        if type(cell).__name__ not in APART
    ],
    ids=repr,
)
def test_it_is_the_cell_within_the_rounding_of_half_precision(cell):
    mixed, params = mixed_precision(cell), params_of(cell)
    assert_identical(mixed.init(jax.random.key(3), D), cell.init(jax.random.key(3), D))
    gradient, (state, ys) = compiled_results(unroll.scan, mixed, params, XS[:7])
    full_gradient, (full_state, full_ys) = compiled_results(unroll.scan, cell, params, XS[:7])
    assert specs((gradient, state, ys)) == specs((full_gradient, full_state, full_ys))
    # Means over numbers: how single ones are rounded depends on the processor.
    assert error_of((state, ys), (full_state, full_ys)) < 0.05
    # Of a plain cell all of a step is rounded, of some several products in a row.
    assert error_of(gradient, full_gradient) < (
        0.1 if isinstance(cell, SplitCell | AssociativeCell) else 0.15
    )
    assert np.abs(ys - full_ys).max() > 1e-5


@pytest.mark.parametrize(("engine", "cell"), SERVED, ids=name)
@pytest.mark.full
def test_every_product_multiplies_numbers_in_half_precision(engine, cell):
    program = jax.make_jaxpr(lambda params: results(engine, cell, params))(params_of(cell))
    assert set(products(program.jaxpr)) == {jnp.dtype(jnp.bfloat16)}


@pytest.mark.parametrize(("engine", "cell"), SERVED, ids=name)
@pytest.mark.full
def test_every_engine_agrees_with_the_loop(engine, cell):
    mask, reset = (np.random.default_rng(0).random((2, T, B)) < [[[0.8]], [[0.1]]]).astype(bool)
    arguments = params_of(cell), XS, mask, reset
    gradient, (state, ys) = compiled_results(engine, cell, *arguments)
    expected_gradient, (expected_state, expected_ys) = compiled_results(
        unroll.scan, cell, *arguments
    )
    assert_close(state, expected_state)
    # A linear cell's states are rounded to be read out: a last bit may decide which way.
    assert_close(ys, expected_ys, rtol=2**-7 if isinstance(cell, LinearCell) else 1e-4)
    # A sum over steps is rounded once if it is one product, else once a step.
    for g, e in zip(jax.tree.leaves(gradient), jax.tree.leaves(expected_gradient), strict=True):
        assert_close(g, e, rtol=0, atol=0.01 * np.abs(e).max())


def test_a_memory_adds_up_what_half_precision_loses():
    # Open gates, and a candidate of 0.001: the memory of 2,000 steps is 2.
    cell = LSTM(1)
    b = np.array([20, 20, np.arctanh(1e-3), 0], np.float32)
    params = jax.tree.map(jnp.zeros_like, cell.init(jax.random.key(0), 1))._replace(b=b)

    def memory(cell, dtype):
        own = jax.tree.map(lambda p: jnp.asarray(p, dtype), params)
        xs = jnp.zeros((2000, 1), dtype)
        return float(unroll.scan(cell, own, cell.initial_state(own), xs)[0].c[0])

    assert memory(cell, jnp.float32) == pytest.approx(2, rel=1e-3)
    assert memory(mixed_precision(cell), jnp.float32) == pytest.approx(2, rel=1e-3)
    assert memory(cell, jnp.bfloat16) < 0.6


def test_eigenvalues_are_not_rounded():
    cell, params = LRU(8), params_of(LRU(8))
    decay, drive = mixed_precision(cell).coefficients(params, XS)
    own_decay, own_drive = cell.coefficients(params, XS)
    assert_identical(decay, own_decay)
    assert_close(drive, own_drive, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("cell", [Elman(3), MinGRU(3), GRU(3), GRUResetBefore(3)], ids=repr)
def test_in_double_precision_all_but_the_products_is_double(cell, x64):
    params = jax.tree.map(lambda p: np.asarray(p, np.float64), params_of(cell))
    found = jax.eval_shape(lambda p: results(unroll.scan, mixed_precision(cell), p), params)
    assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {jnp.dtype(jnp.float64)}
