import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU, LSTM, Elman, GRUResetBefore
from rnnjax.compose import (
    block_diagonal,
    learned_start,
    recurrent_dropout,
    skip,
    sparse,
    zoneout,
)
from tests.compose.wrapped import XS, B, D, by_hand, engines_agree, inputs, lstm, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close


@pytest.mark.parametrize("steps", [2, 3])
def test_a_step_sees_the_state_of_several_steps_ago(steps):
    cell = skip(learned_start(LSTM(3)), steps)
    params = params_of(cell, D)
    own = jax.tree.map(np.asarray, params)
    inner = own.cell.cell

    def step(t, state):
        hs, cs = state
        after_h, after_c = lstm(inner, XS[t], hs[:, -1], cs[:, -1], noise=hs[:, 0] @ own.w_s)
        hs = np.concatenate([hs[:, 1:], after_h[:, None]], 1)
        cs = np.concatenate([cs[:, 1:], after_c[:, None]], 1)
        return (hs, cs), after_h

    initial = tuple(np.broadcast_to(s, (B, steps, 3)) for s in own.cell.initial)
    (hs, cs), ys = by_hand(step, initial)
    state, actual = outcome(unroll.scan, cell, params, XS)
    assert_close(actual, ys)
    assert_close(tuple(state.cell), (hs[:, -1], cs[:, -1]))
    assert len(state.past) == steps - 1
    for i, past in enumerate(state.past):
        assert_close(tuple(past), (hs[:, i], cs[:, i]))


@pytest.mark.parametrize(
    "cell",
    [
        skip(zoneout(LSTM(3), 0.3), 3),
        recurrent_dropout(skip(Elman(3), 2), 0.5),
        skip(block_diagonal(LSTM(4), 2), 2),
    ],
    ids=repr,
)
@pytest.mark.full
def test_every_engine_makes_the_same_of_it(cell):
    assert engines_agree(cell, params_of(cell, D), train=True) == 1


def test_recurrent_dropout_is_of_both_states():
    params = params_of(skip(Elman(3), 2), D)
    cell = skip(recurrent_dropout(Elman(3), 0.5), 2)
    xs = inputs(cell, params, train=True)
    noise = xs.noise.own.h if hasattr(xs.noise, "own") else xs.noise.h
    mask, own = np.asarray(noise[0]), jax.tree.map(np.asarray, params)

    def step(t, state):
        past, h = state
        after = np.tanh(
            XS[t] @ own.cell.w_x + (h * mask) @ own.cell.w_h + (past * mask) @ own.w_s + own.cell.b
        )
        return (h, after), after

    _, expected = by_hand(step, (np.zeros((B, 3)),) * 2)
    assert_close(outcome(unroll.scan, cell, params, xs)[1], expected)


def test_a_mask_of_the_matrix_is_of_both():
    for cell in (skip(sparse(Elman(3), 0.5), 2), sparse(skip(Elman(3), 2), 0.5)):
        params = params_of(cell, D)
        mask = np.asarray(sparse(Elman(3), 0.5).mask((3, 3)))
        inner = params.cell._replace(w_h=params.cell.w_h * mask)
        expected = params._replace(cell=inner, w_s=params.w_s * mask)
        assert_close(
            outcome(unroll.scan, cell, params, XS),
            outcome(unroll.scan, skip(Elman(3), 2), expected, XS),
        )


def test_both_matrices_are_drawn_alike_and_differ():
    params = skip(LSTM(4), 2).init(jax.random.key(0), D)
    assert (params.cell.w_h != params.w_s).all()
    for block in np.split(np.asarray(params.w_s), 4, 1):
        assert_close(block @ block.T, np.eye(4))


@pytest.mark.parametrize("cell", [LRU(3), GRUResetBefore(3), skip(LSTM(3), 2)], ids=repr)
def test_other_cells_are_refused(cell):
    with pytest.raises(ValueError, match="cell must be a "):
        skip(cell, 3)


@pytest.mark.parametrize("steps", [0, 1, 2.5])
def test_a_step_is_not_skipped(steps):
    with pytest.raises(ValueError, match="steps must be "):
        skip(LSTM(3), steps)
