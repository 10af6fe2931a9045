import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU, LSTM, Elman, GRUResetBefore
from rnnjax.cells.noise import Noised
from rnnjax.compose import Stack, Zoneout, noisy, zoneout
from tests.compose.wrapped import MASK, RESET, XS, B, D, T, inputs, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical

SOME = [LSTM(3), LRU(3), GRUResetBefore(3)]


def by_the_paper(cell, params, keep):
    """Eqs. 1-2 in a Python loop over what the plain cell makes of each step."""

    def choose(flag, tree, other):
        return jax.tree.map(lambda x, y: np.where(flag[:, None], x, y), tree, other)

    def mix(k, old, new):
        return k * old + (1 - k) * new

    state = initial = cell.initial_state(params, (B,))
    ys = []
    for t in range(T):
        start = choose(RESET[t], initial, state)
        new, _ = cell.step(params, start, XS[t])
        after = jax.tree.map(mix, jax.tree.map(lambda k, t=t: k[t], keep), start, new)
        y = cell.readout(params, after.h, XS[t]) if isinstance(cell, LRU) else after.h
        ys.append(np.where(MASK[t][:, None], y, 0))
        state = choose(MASK[t], after, state)
    return state, np.stack(ys)


@pytest.mark.parametrize("cell", SOME, ids=repr)
def test_units_keep_their_state_as_the_paper_says(cell):
    zoned = zoneout(cell, 0.4)
    params = params_of(zoned, D)
    xs = inputs(zoned, params, train=True)
    keep = xs.noise.own
    assert {float(k) for leaf in jax.tree.leaves(keep) for k in np.unique(leaf)} == {0.0, 1.0}
    actual = outcome(unroll.scan, zoned, params, xs)
    assert_close(actual, by_the_paper(cell, params, keep))
    average = outcome(unroll.scan, zoned, params, XS)
    rates = jax.tree.map(lambda k: np.full(k.shape, 0.4), keep)
    assert_close(average, by_the_paper(cell, params, rates))


def test_a_unit_is_kept_as_often_as_the_rate_says():
    cell = Zoneout(Elman(50), 0.3)
    params = cell.init(jax.random.key(0), 2)
    xs = noisy(cell, jax.random.key(0), params, jnp.ones((100, 20, 2)))
    kept = np.asarray(xs.noise.own.h)
    assert kept.shape == (100, 20, 50)
    assert kept.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / kept.size))
    assert kept.mean(axis=(1, 2)).std() < 0.05  # drawn anew at each step


def test_each_part_of_a_stack_has_noise_of_its_own():
    stack = zoneout(Stack((Elman(4), Elman(4))), 0.5)
    params = stack.init(jax.random.key(0), D)
    xs = noisy(stack, jax.random.key(0), params, XS)
    assert isinstance(xs, Noised)
    first, second = (noise.own.h for noise in xs.noise)
    assert (first != second).any()


def test_without_a_rate_it_is_the_plain_cell():
    zoned = zoneout(LSTM(3), 0.0)
    params = params_of(zoned, D)
    for xs in (XS, inputs(zoned, params, train=True)):
        assert_identical(
            outcome(unroll.scan, zoned, params, xs),
            outcome(unroll.scan, LSTM(3), params, XS),
        )


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2])
def test_a_rate_is_a_chance(rate):
    with pytest.raises(ValueError, match=r"^Zoneout\(.*rate must be from 0 to less than 1$"):
        zoneout(LSTM(3), rate)
