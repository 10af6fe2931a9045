import jax
import numpy as np
import pytest
import scipy.linalg

from rnnjax import unroll
from rnnjax.cells import (
    CTRNN,
    GRU,
    LRU,
    LSTM,
    SLSTM,
    AntisymmetricRNN,
    ClockworkRNN,
    CoRNN,
    Elman,
    GRUResetBefore,
    Identity,
    IndRNN,
    relu,
)
from rnnjax.compose import (
    MixedPrecision,
    Zoneout,
    block_diagonal,
    independent,
    mixed_precision,
    zoneout,
)
from tests.compose.wrapped import XS, B, D, by_hand, engines_agree, lstm, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close


@pytest.mark.parametrize("cell", [independent(LSTM(4)), block_diagonal(LSTM(4), 2)], ids=repr)
def test_it_is_the_cell_with_the_rest_of_the_matrix_at_zero(cell):
    params = params_of(cell, D)
    own = jax.tree.map(np.asarray, params)
    if own.w_h.ndim == 1:
        w_h = np.concatenate([np.diag(row) for row in own.w_h.reshape(4, 4)], 1)
    else:
        w_h = np.concatenate([scipy.linalg.block_diag(*heads) for heads in own.w_h], 1)

    def step(t, state):
        after = lstm(own, XS[t], *state, w_h=w_h)
        return after, after[0]

    state, ys = outcome(unroll.scan, cell, params, XS)
    assert_close((tuple(state), ys), by_hand(step, (np.zeros((B, 4)),) * 2))


def test_a_cell_that_multiplies_something_else_than_its_state_does_so_still():
    for cell in (independent(CTRNN(4)), block_diagonal(CTRNN(4), 2)):
        params = params_of(cell, D)
        own = jax.tree.map(np.asarray, params)
        blocks = own.w_h[0] if own.w_h.ndim > 1 else own.w_h.reshape(4, 1, 1)
        w_h = scipy.linalg.block_diag(*blocks)

        def step(t, state, own=own, w_h=w_h):
            (h,) = state
            h = h + 0.2 * (-h + XS[t] @ own.w_x + np.tanh(h) @ w_h + own.b)
            return (h,), np.tanh(h)

        state, ys = outcome(unroll.scan, cell, params, XS)
        assert_close((tuple(state), ys), by_hand(step, (np.zeros((B, 4)),)))


def test_of_a_plain_network_it_is_indrnn():
    cell, params = independent(Elman(4, activation=relu)), params_of(IndRNN(4), D)
    own = cell.init(jax.random.key(0), D)._replace(**params._asdict())
    state, ys = outcome(unroll.scan, IndRNN(4), params, XS)
    found, actual = outcome(unroll.scan, cell, own, XS)
    assert_close((tuple(found), actual), (tuple(state), ys))


def test_one_head_is_the_cell_and_as_many_as_units_are_independent():
    one, all_, plain = block_diagonal(GRU(4), 1), block_diagonal(GRU(4), 4), independent(GRU(4))
    params = params_of(one, D)
    flat = params._replace(w_h=np.moveaxis(params.w_h[:, 0], 0, 1).reshape(4, 12))
    assert_close(outcome(unroll.scan, one, params, XS), outcome(unroll.scan, GRU(4), flat, XS))
    params = params_of(all_, D)
    flat = params._replace(w_h=params.w_h.reshape(12))
    assert_close(outcome(unroll.scan, all_, params, XS), outcome(unroll.scan, plain, flat, XS))


def test_each_head_starts_as_the_cells_initializer_has_it():
    w_h = np.asarray(block_diagonal(LSTM(6), 2).init(jax.random.key(0), D).w_h)
    for block in w_h.reshape(8, 3, 3):
        assert_close(block @ block.T, np.eye(3))
    assert len(np.unique(np.round(w_h, 6))) == w_h.size
    same = block_diagonal(LSTM(6, recurrent_init=Identity()), 2).init(jax.random.key(0), D)
    assert_close(same.w_h, np.broadcast_to(np.eye(3), (4, 2, 3, 3)))
    vector = independent(LSTM(100)).init(jax.random.key(0), D).w_h
    assert vector.shape == (400,)
    assert 0.9 < np.abs(vector).max() <= 1


@pytest.mark.parametrize("change", [independent, lambda cell: block_diagonal(cell, 2)])
def test_every_engine_runs_it_with_other_changes(change):
    cell = change(zoneout(GRU(4), 0.3))
    assert isinstance(cell, Zoneout)  # what is changed is the cell within
    assert engines_agree(cell, params_of(cell, D), train=True) == 1
    assert mixed_precision(cell) == zoneout(MixedPrecision(change(GRU(4))), 0.3)


def test_it_runs_in_half_precision():
    for cell in (mixed_precision(block_diagonal(GRU(4), 2)), mixed_precision(independent(GRU(4)))):
        params = params_of(cell, D)
        rounded = outcome(unroll.deferred, cell, params, XS)
        full = outcome(unroll.scan, cell.cell, params, XS)
        assert_close(rounded, full, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("heads", [3, 8])
def test_heads_that_do_not_divide_the_width_are_refused(heads):
    with pytest.raises(ValueError, match=rf"heads must divide hidden; got heads={heads} of 4$"):
        block_diagonal(GRU(4), heads)
    with pytest.raises(ValueError, match="heads must be a whole number of 1 or more"):
        block_diagonal(GRU(4), 0)


@pytest.mark.parametrize("change", [independent, lambda cell: block_diagonal(cell, 1)])
def test_cells_without_a_matrix_are_refused(change):
    for cell in (LRU(4), GRUResetBefore(4)):
        with pytest.raises(ValueError, match="cell must be a "):
            change(cell)
    with pytest.raises(ValueError, match="its units see no others"):
        change(IndRNN(4))


@pytest.mark.parametrize("change", [independent, lambda cell: block_diagonal(cell, 2)])
def test_cells_that_do_more_with_their_matrix_are_refused(change):
    for cell in (AntisymmetricRNN(4), ClockworkRNN(4), CoRNN(4), SLSTM(4)):
        with pytest.raises(ValueError, match=r"\(cell=.*: cell must multiply by its recurrent ma"):
            change(cell).init(jax.random.key(0), D)
