import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM
from rnnjax.compose import Stack, recurrent_dropout, zoneout
from tests.compose.wrapped import MASK, RESET, XS, B, D, T, engines_agree, inputs, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical


def test_the_product_sees_the_units_that_one_mask_leaves_and_the_rest_sees_all():
    cell = GRU(3)
    dropped = recurrent_dropout(cell, 0.5)
    params = params_of(dropped, D)
    xs = inputs(dropped, params, train=True)
    mask = np.asarray(xs.noise.own.h)
    assert set(np.unique(mask)) == {0.0, 2.0}
    assert (mask == mask[0]).all()  # the same at every step
    h, ys = np.zeros((B, 3)), []
    for t in range(T):
        start = np.where(RESET[t][:, None], 0, h)
        v = (start * mask[t]) @ params.w_h
        after, _ = cell.combine(params, type(xs.noise.own)(start), cell.project(params, XS[t]), v)
        ys.append(np.where(MASK[t][:, None], after.h, 0))
        h = np.where(MASK[t][:, None], after.h, h)
    state, actual = outcome(unroll.scan, dropped, params, xs)
    assert_close((state.h, actual), (h, np.stack(ys)))


@pytest.mark.full
@pytest.mark.parametrize(
    "cell",
    [
        recurrent_dropout(Stack((zoneout(LSTM(3), 0.3), GRU(2))), 0.4),
        zoneout(recurrent_dropout(LSTM(3), 0.4), 0.3),
    ],
    ids=repr,
)
def test_every_engine_makes_the_same_of_the_same_noise(cell):
    assert engines_agree(cell, params_of(cell, D), train=True) >= 1


def test_without_noise_nothing_is_dropped():
    dropped, params = recurrent_dropout(LSTM(3), 0.4), params_of(LSTM(3), D)
    assert_identical(
        outcome(unroll.scan, dropped, params, XS), outcome(unroll.scan, LSTM(3), params, XS)
    )


def test_the_mask_is_another_for_each_sequence():
    dropped = recurrent_dropout(GRU(40), 0.25)
    params = dropped.init(jax.random.key(0), D)
    mask = np.asarray(inputs(dropped, params, train=True).noise.own.h[0])
    assert (mask[0] != mask[1]).any()
    assert mask.mean() == pytest.approx(1, abs=0.25)


def test_a_cell_that_does_not_split_is_refused():
    with pytest.raises(ValueError, match="cell must be a SplitCell"):
        recurrent_dropout(LRU(3), 0.4)
