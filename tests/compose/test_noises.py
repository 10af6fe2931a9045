import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import CTRNN, GLA, LRU, LSTM, Elman, GRUResetBefore
from rnnjax.compose import (
    noisy,
    preactivation_noise,
    recurrent_dropout,
    state_noise,
    with_states,
    zoneout,
)
from tests.compose.wrapped import XS, B, D, T, by_hand, engines_agree, inputs, lstm, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical


def test_the_state_has_noise_after_each_step():
    cell = state_noise(LSTM(3), 0.5)
    params = params_of(cell, D)
    xs = inputs(cell, params, train=True)
    own, noise = (jax.tree.map(np.asarray, tree) for tree in (params, xs.noise.own))

    def step(t, state):
        h, c = lstm(own, XS[t], *state)
        h, c = h + noise.h[t], c + noise.c[t]
        return (h, c), h

    state, ys = outcome(unroll.scan, cell, params, xs)
    assert_close((tuple(state), ys), by_hand(step, (np.zeros((B, 3)),) * 2))


def test_what_gates_are_functions_of_has_noise():
    cell = preactivation_noise(LSTM(3), 0.5)
    params = params_of(cell, D)
    xs = inputs(cell, params, train=True)
    own, noise = jax.tree.map(np.asarray, params), np.asarray(xs.noise.own)

    def step(t, state):
        after = lstm(own, XS[t], *state, noise=noise[t])
        return after, after[0]

    state, ys = outcome(unroll.scan, cell, params, xs)
    assert_close((tuple(state), ys), by_hand(step, (np.zeros((B, 3)),) * 2))
    gates = outcome(unroll.scan, with_states(cell), params, xs, mask=None, reset=None)[1].gates
    plain = LSTM(3).project(params, XS[0]) + noise[0]
    assert_close(gates.g[0], np.tanh(plain[:, 6:9]))


def test_of_a_rate_network_it_is_the_papers_noise():
    # Song, Yang & Wang (2016): what is added to the potential is sqrt(2 alpha) sigma N.
    alpha, sigma = 0.2, 0.15
    cell = preactivation_noise(CTRNN(500), sigma * np.sqrt(2 / alpha))
    params = cell.init(jax.random.key(0), D)
    xs = noisy(cell, jax.random.key(1), params, XS)
    noised, quiet = (
        outcome(
            unroll.scan,
            cell,
            params,
            x[:1] if x is XS else jax.tree.map(lambda leaf: leaf[:1], x),
            None,
            None,
        )[0].h
        for x in (xs, XS)
    )
    added = np.std(noised - quiet)
    assert added == pytest.approx(np.sqrt(2 * alpha) * sigma, rel=0.06)


@pytest.mark.parametrize("change", [state_noise, preactivation_noise])
def test_noise_is_as_large_as_asked_and_new_at_each_step(change):
    cell = change(Elman(50), 0.3)
    noise = cell.draw(jax.random.key(0), cell.init(jax.random.key(0), D), (40, 5))
    drawn = np.asarray(jax.tree.leaves(noise)[0])
    assert drawn.shape == (40, 5, 50)
    assert drawn.std() == pytest.approx(0.3, rel=0.03)
    assert drawn.mean() == pytest.approx(0, abs=0.01)
    assert np.abs(np.corrcoef(drawn.reshape(40, -1))[np.triu_indices(40, 1)]).max() < 0.4


@pytest.mark.parametrize(
    "cell",
    [
        state_noise(LRU(3), 0.5),
        preactivation_noise(recurrent_dropout(zoneout(LSTM(3), 0.3), 0.3), 0.5),
    ],
    ids=repr,
)
def test_every_engine_makes_the_same_of_the_same_noise(cell):
    assert engines_agree(cell, params_of(cell, D), train=True) >= 1


@pytest.mark.parametrize("cell", [GRUResetBefore(3), GLA(4, heads=2)], ids=repr)
def test_any_cell_has_noise_in_its_state(cell):
    noised = state_noise(cell, 0.5)
    params = params_of(noised, D)
    state, ys = outcome(unroll.scan, noised, params, inputs(noised, params, train=True))
    assert ys.shape == (T, B, cell.output_dim)
    assert np.abs(ys - outcome(unroll.scan, cell, params, XS)[1]).max() > 0.01
    del state


def test_of_complex_states_both_parts_have_noise():
    cell = state_noise(LRU(200), 1.0)
    noise = cell.draw(jax.random.key(0), cell.init(jax.random.key(0), D), (9, 9)).own.h
    assert np.std(noise.real) == pytest.approx(0.5**0.5, rel=0.03)
    assert np.std(noise.imag) == pytest.approx(0.5**0.5, rel=0.03)


@pytest.mark.parametrize("change", [state_noise, preactivation_noise])
def test_after_training_there_is_none(change):
    cell, params = change(LSTM(3), 0.4), params_of(LSTM(3), D)
    assert_identical(
        outcome(unroll.scan, cell, params, XS), outcome(unroll.scan, LSTM(3), params, XS)
    )
    with pytest.raises(ValueError, match=r"std must be 0 or more$"):
        change(LSTM(3), -0.1)
    with pytest.raises(ValueError, match="std must be a finite number"):
        change(LSTM(3), float("nan"))


def test_a_cell_that_does_not_split_has_no_preactivations():
    with pytest.raises(ValueError, match="cell must be a SplitCell"):
        preactivation_noise(LRU(3), 0.4)
