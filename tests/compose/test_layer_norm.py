import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LSTM, Elman, GatedState, GRUResetBefore, LightRU
from rnnjax.compose import layer_norm, zoneout
from rnnjax.testing import check_cell, engines_of
from tests.compose.wrapped import MASK, RESET, XS, B, D, T, engines_agree, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close


def norm(z):
    return (z - z.mean(-1, keepdims=True)) / np.sqrt(z.var(-1, keepdims=True) + 1e-5)


def test_the_papers_equations():
    cell = layer_norm(Elman(3))
    params = params_of(cell, D)
    (w_x, w_h, b), gain_x, gain_h, shift_h = jax.tree.map(lambda p: np.asarray(p, float), params)
    h, ys = np.zeros((B, 3)), []
    for t in range(T):
        start = np.where(RESET[t][:, None], 0, h)
        u = norm(XS[t].astype(float) @ w_x) * gain_x + b
        v = norm(start @ w_h) * gain_h + shift_h
        after = np.tanh(u + v)
        ys.append(np.where(MASK[t][:, None], after, 0))
        h = np.where(MASK[t][:, None], after, h)
    state, actual = outcome(unroll.scan, cell, params, XS)
    assert_close((state.h, actual), (h, np.stack(ys)))


def test_it_starts_as_a_plain_norm():
    params = layer_norm(LSTM(3)).init(jax.random.key(0), D)
    for gain in (params.gain_x, params.gain_h):
        np.testing.assert_array_equal(gain, np.ones(12))
    np.testing.assert_array_equal(params.shift_h, np.zeros(12))


def test_each_product_is_normalised_over_the_gates_that_see_it():
    cell = layer_norm(LightRU(3))  # of two gates that see the input, one sees the state
    params = params_of(cell, D)
    (w_x, w_h, b), gain_x, gain_h, shift_h = jax.tree.map(lambda p: np.asarray(p, float), params)
    x, h = XS[0].astype(float), np.full((B, 3), [0.5, -0.2, 0.1])
    u_f, u_n = np.split(norm(x @ w_x) * gain_x, 2, -1)
    f = 1 / (1 + np.exp(-(u_f + b + norm(h @ w_h) * gain_h + shift_h)))
    state, _ = cell.step(params, GatedState(h.astype(np.float32)), XS[0])
    assert_close(state.h, (1 - f) * h + f * np.tanh(u_n))


def test_what_is_the_same_for_all_units_changes_nothing():
    cell = layer_norm(GRU(3))
    params = params_of(cell, D)
    moved = params._replace(cell=params.cell._replace(w_h=params.cell.w_h + 0.3))
    before = outcome(unroll.scan, cell, params, XS)
    after = outcome(unroll.scan, cell, moved, XS)
    assert_close(after, before)


@pytest.mark.full
def test_it_obeys_the_laws_and_runs_on_the_engines_of_its_contract():
    cell = layer_norm(GRU(3))
    assert unroll.deferred in engines_of(cell)
    assert unroll.fused not in engines_of(cell)  # a kernel's step has no sum over units
    check_cell(cell, engines=[unroll.deferred])


def test_noise_goes_through_it():
    cell = layer_norm(zoneout(LSTM(3), 0.3))
    assert engines_agree(cell, params_of(cell, D), train=True) == 1


def test_a_cell_that_does_not_split_is_refused():
    with pytest.raises(ValueError, match="cell must be a SplitCell"):
        layer_norm(GRUResetBefore(3))
