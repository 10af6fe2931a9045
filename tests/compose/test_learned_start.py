import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from rnnjax import cells, unroll
from rnnjax.cells import GRU, LRU, LSTM, GRUResetBefore, LinearCell, SplitCell
from rnnjax.compose import LearnedStart, Residual, Stack, learned_start
from rnnjax.compose.learned_start import _learnable
from tests.catalogue import of_width
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical, doubled, normal, weigh

T, B, D = 5, 3, 2
SOME = [LSTM(3), LRU(3), GRUResetBefore(3)]


def learned(cell):
    """Returns the wrapped cell and parameters whose initial state is nowhere zero."""
    wrapped = learned_start(cell)
    return wrapped, params_of(wrapped, D)


def as_state(cell, params):
    """Puts the learned numbers into a state, one leaf after the other."""
    plain = cell.initial_state(params.cell)

    def put(own, numbers):
        numbers = np.asarray(numbers)
        return numbers[0] + 1j * numbers[1] if np.iscomplexobj(own) else numbers

    return jax.tree.map(put, plain, params.initial)


def repeated(state):
    return jax.tree.map(lambda x: np.broadcast_to(x, (B, *x.shape)), state)


@pytest.mark.parametrize("cell", SOME, ids=repr)
def test_a_cell_keeps_its_contract(cell):
    wrapped = learned_start(cell)
    for contract in (SplitCell, LinearCell):
        assert isinstance(wrapped, contract) == isinstance(cell, contract)
    assert learned_start(wrapped) == wrapped


def test_of_a_cell_made_of_cells_each_part_learns_its_own():
    wanted = Stack((LearnedStart(GRU(2)), Residual(LearnedStart(LRU(2)))))
    assert learned_start(Stack((GRU(2), Residual(LRU(2))))) == wanted


def test_it_is_initialised_as_the_cell_is_and_starts_where_that_starts():
    for cell in (GRU(3), LRU(3)):
        params = learned_start(cell).init(jax.random.key(0), D)
        assert_identical(params.cell, cell.init(jax.random.key(0), D))
        assert_close(as_state(cell, params), cell.initial_state(params.cell), atol=0)
        assert not any(np.iscomplexobj(leaf) for leaf in jax.tree.leaves(params))


USUAL = ("DeltaNet", "GRUResetBefore", "LRU", "LSTM", "MLSTM")  # of the others with --full


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(of_width(name, 3), marks=() if name in USUAL else pytest.mark.full)
        for name in cells.__all__
    ],
    ids=repr,
)
def test_with_the_initial_state_of_the_cell_it_is_the_plain_cell(cell):
    wrapped, xs = learned_start(cell), normal(1, (T, B, D))
    params = params_of(wrapped, D)
    initial = jax.tree.map(_learnable, cell.initial_state(params.cell))  # not zero in every cell
    params = params._replace(initial=initial)
    start = wrapped.initial_state(params, (B,))
    assert_identical(start, cell.initial_state(params.cell, (B,)))
    assert wrapped.output_dim == cell.output_dim
    both = jax.jit(lambda p, s: (unroll.scan(wrapped, p, s, xs), unroll.scan(cell, p.cell, s, xs)))
    assert_close(*both(params, start), atol=1e-6)


@pytest.mark.parametrize("cell", SOME, ids=repr)
def test_sequences_start_from_the_learned_state(cell):
    wrapped, params = learned(cell)
    xs = normal(1, (T, B, D))
    own = as_state(cell, params)
    assert_close(wrapped.initial_state(params, (B,)), repeated(own), atol=0)
    assert_close(wrapped.initial_state(params), own, atol=0)
    ran = unroll.scan(wrapped, params, wrapped.initial_state(params, (B,)), xs)
    assert_close(ran, unroll.scan(cell, params.cell, repeated(own), xs), atol=1e-6)


@pytest.mark.parametrize("cell", SOME, ids=repr)
def test_a_reset_returns_to_the_learned_state(cell):
    wrapped, params = learned(cell)
    xs = normal(1, (T, B, D))
    reset = np.zeros((T, B), bool)
    reset[2, 1] = True
    _, ys = unroll.scan(wrapped, params, wrapped.initial_state(params, (B,)), xs, reset=reset)
    _, uncut = unroll.scan(wrapped, params, wrapped.initial_state(params, (B,)), xs)
    _, afresh = unroll.scan(cell, params.cell, as_state(cell, params), xs[2:, 1])
    assert_close(ys[2:, 1], afresh, atol=1e-6)
    assert_close(ys[:, [0, 2]], uncut[:, np.array([0, 2])], atol=1e-6)
    assert np.abs(ys[2:, 1] - uncut[2:, 1]).max() > 1e-3


@pytest.mark.parametrize("cell", SOME, ids=repr)
def test_the_gradient_reaches_the_initial_state(cell, x64):
    wrapped, params = learned(cell)
    params, xs = doubled((params, normal(1, (T, B, D))))
    reset = np.zeros((T, B), bool)
    reset[3, 0] = True

    @jax.jit
    def total(initial):
        p = params._replace(initial=initial)
        start = wrapped.initial_state(p, (B,))
        return weigh(unroll.scan(wrapped, p, start, xs, reset=reset)[1])

    check_grads(total, (params.initial,), order=1)
    for leaf in jax.tree.leaves(jax.grad(total)(params.initial)):
        assert leaf.dtype == jnp.float64
        assert np.abs(leaf).min() > 0


def test_the_gradient_is_the_sum_over_the_batch():
    wrapped, params = learned(LSTM(3))
    xs = normal(1, (T, B, D))

    def total(initial, xs):
        p = params._replace(initial=initial)
        start = wrapped.initial_state(p, xs.shape[1:-1])
        return (unroll.scan(wrapped, p, start, xs)[1] ** 2).sum()

    gradient = jax.jit(jax.grad(total))
    together = gradient(params.initial, xs)
    rows = [gradient(params.initial, xs[:, b]) for b in range(B)]
    assert_close(together, jax.tree.map(lambda *leaves: sum(leaves), *rows), atol=1e-6)


def test_descent_finds_an_initial_state_that_was_hidden():
    wrapped, params = learned(GRU(2))
    xs, hidden = normal(1, (T, B, D)), params.initial

    def outputs(initial):
        p = params._replace(initial=initial)
        return unroll.scan(wrapped, p, wrapped.initial_state(p, (B,)), xs)[1]

    wanted = outputs(hidden)
    gradient = jax.jit(jax.grad(lambda initial: ((outputs(initial) - wanted) ** 2).sum()))
    found = jax.tree.map(jnp.zeros_like, hidden)
    for _ in range(150):
        found = jax.tree.map(lambda x, g: x - 0.1 * g, found, gradient(found))
    assert_close(found, hidden, rtol=0, atol=1e-3)


def test_what_is_no_cell_is_refused():
    with pytest.raises(ValueError, match="cell must be a cell"):
        learned_start(LSTM)  # pyright: ignore[reportArgumentType]
