import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import (
    CFN,
    CTRNN,
    GORU,
    GRU,
    JANET,
    LRU,
    LSTM,
    MGU,
    ONLSTM,
    RAN,
    STAR,
    UGRNN,
    Elman,
    IntersectionRNN,
    PeepholeLSTM,
    PhasedLSTM,
)
from rnnjax.cells.noise import Noised
from rnnjax.compose import (
    BlockDiagonal,
    LearnedStart,
    UpdateDropout,
    Zoneout,
    block_diagonal,
    mixed_precision,
    update_dropout,
    zoneout,
)
from rnnjax.compose.wrapper import OwnNoise, Wrapper
from tests.catalogue import CELLS, name
from tests.compose.wrapped import (
    XS,
    B,
    D,
    T,
    by_hand,
    engines_agree,
    gru,
    inputs,
    lstm,
    outcome,
    sigmoid,
)
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical, normal


def peephole(own, x, h, c, candidate):
    i, f, g, o = np.split(x @ own.w_x + h @ own.w_h + own.b, 4, -1)
    i, f = sigmoid(i + own.p_i * c), sigmoid(f + own.p_f * c)
    c = f * c + i * candidate * np.tanh(g)
    return sigmoid(o + own.p_o * c) * np.tanh(c), c


def ugrnn(own, x, h, candidate):
    f, n = np.split(x @ own.w_x + h @ own.w_h + own.b, 2, -1)
    return sigmoid(f) * h + (1 - sigmoid(f)) * candidate * np.tanh(n)


def mgu(own, x, h, candidate):
    (u_f, u_n), (v_f, v_n) = np.split(x @ own.w_x + own.b, 2, -1), np.split(h @ own.w_h, 2, -1)
    f = sigmoid(u_f + v_f)
    return (1 - f) * h + f * candidate * np.tanh(u_n + f * v_n)


MINGLED = (CFN, GORU, ONLSTM, PhasedLSTM, RAN, STAR)
STEPS = {
    LSTM(3): lambda own, x, h, c, m: lstm(own, x, h, c, candidate=m),
    PeepholeLSTM(3): peephole,
    GRU(3): lambda own, x, h, m: (gru(own, x, h, candidate=m),),
    UGRNN(3): lambda *a: (ugrnn(*a),),
    MGU(3): lambda *a: (mgu(*a),),
}


@pytest.mark.parametrize("cell", STEPS, ids=repr)
def test_the_candidate_is_dropped_and_the_memory_is_not(cell):
    dropped = update_dropout(cell, 0.6)
    params = params_of(dropped, D)
    xs = inputs(dropped, params, train=True)
    mask, own = np.asarray(xs.noise.own), jax.tree.map(np.asarray, params)
    assert mask.shape == (T, B, 3)
    assert set(np.round(np.unique(mask), 4)) == {0.0, 1.0}

    def step(t, state):
        after = STEPS[cell](own, XS[t], *state, mask[t] / 0.4)
        return after, after[0]

    expected = by_hand(step, tuple(np.zeros((B, 3)) for _ in cell.state_type._fields))
    state, ys = outcome(unroll.scan, dropped, params, xs)
    assert_close((tuple(state), ys), expected)


@pytest.mark.parametrize("cell", [LSTM(3), GRU(3), JANET(3)], ids=repr)
def test_without_noise_nothing_is_dropped(cell):
    dropped, params = update_dropout(cell, 0.4), params_of(cell, D)
    assert_identical(
        outcome(unroll.scan, dropped, params, XS), outcome(unroll.scan, cell, params, XS)
    )


def is_taken(cell):
    try:
        update_dropout(cell, 0.0)
    except ValueError:
        return False
    return not isinstance(cell, Wrapper | IntersectionRNN)  # its output is not of its memory


@pytest.mark.parametrize("cell", [cell for cell in CELLS if is_taken(cell)], ids=name)
def test_the_candidate_is_all_that_is_dropped_and_the_memory_goes_on(cell):
    dropped = update_dropout(cell, 0.0)
    params, x_t = params_of(dropped, D), normal(2, (B, D))
    state = jax.tree.map(lambda s: normal(1, (B, *s.shape)), cell.initial_state(params))

    def step(state, kept):
        noise = OwnNoise(np.full((B, state.h.shape[-1]), kept, np.float32), None)
        return dropped.step(params, state, Noised(x_t, noise))

    assert_close(step(state, 1.0), cell.step(params, state, x_t), atol=1e-6)
    memory = "c" if "c" in state._fields else "h"

    def without(before):
        return getattr(step(state._replace(**{memory: before}), 0.0)[0], memory)

    before = getattr(state, memory)
    after, slope = jax.jvp(without, (before,), (np.ones_like(before),))
    assert np.abs(after - getattr(step(state, 1.0)[0], memory)).max() > 1e-3
    assert np.abs(slope).min() > 1e-3


@pytest.mark.full
def test_every_engine_makes_the_same_of_the_same_noise():
    cell = update_dropout(zoneout(LSTM(3), 0.3), 0.4)
    assert cell == Zoneout(UpdateDropout(LSTM(3), 0.4), 0.3)
    for both in (
        update_dropout(block_diagonal(LSTM(4), 2), 0.4),
        block_diagonal(update_dropout(LSTM(4), 0.4), 2),
    ):
        assert both == UpdateDropout(BlockDiagonal(LSTM(4), 2), 0.4)
    assert engines_agree(cell, params_of(cell, D), train=True) == 1


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (Elman(3), "cell must have a candidate, a block named g or n"),
        (CTRNN(3), "cell must have a candidate"),
        *[
            (cell(3), "cell must have a candidate that can be told from the memory")
            for cell in MINGLED
        ],
        (LRU(3), "cell must be a "),
        (LearnedStart(LRU(3)), "cell must be a "),
    ],
    ids=repr,
)
def test_a_cell_without_a_candidate_is_refused(cell, message):
    with pytest.raises(ValueError, match=message):
        update_dropout(cell, 0.4)


def test_a_rate_is_a_chance():
    with pytest.raises(ValueError, match=r"^UpdateDropout\(.*rate must be from 0"):
        update_dropout(LSTM(3), 1.0)


@pytest.mark.parametrize("order", [0, 1])
def test_with_mixed_precision_masks_are_exact(order):
    changes = [mixed_precision, lambda cell: update_dropout(cell, 0.4)]
    cell = changes[1 - order](changes[order](LSTM(3)))
    plain = update_dropout(LSTM(3), 0.4)
    params = params_of(plain, D)
    xs = inputs(cell, params, train=True)
    expected = outcome(unroll.scan, plain, params, inputs(plain, params, train=True))
    assert_close(outcome(unroll.scan, cell, params, xs), expected, rtol=0.03, atol=0.03)
