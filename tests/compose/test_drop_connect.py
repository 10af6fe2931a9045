import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, Elman, GRUResetBefore
from rnnjax.compose import (
    FastSlow,
    Residual,
    Stack,
    block_diagonal,
    dale,
    drop_connect,
    layer_norm,
    learned_start,
    skip,
    zoneout,
)
from rnnjax.models import Recurrent
from tests.compose.wrapped import XS, B, D, by_hand, lstm, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical


def test_one_mask_of_the_matrix_is_that_of_all_steps_and_sequences():
    cell = drop_connect(LSTM(3), 0.5)
    params = params_of(cell, D)
    own = jax.tree.map(np.asarray, cell.perturb(jax.random.key(0), params))
    ratio = own.w_h / np.asarray(params.w_h)
    assert set(np.round(np.unique(ratio), 5)) == {0.0, 2.0}
    assert_identical(own._replace(w_h=params.w_h), params)

    def step(t, state):
        after = lstm(own, XS[t], *state, w_h=np.asarray(params.w_h) * ratio)
        return after, after[0]

    for engine in (unroll.scan, unroll.deferred):
        state, ys = outcome(engine, cell, own, XS)
        assert_close((tuple(state), ys), by_hand(step, (np.zeros((B, 3)),) * 2))


def test_gradients_reach_the_weights_that_are_left():
    cell = drop_connect(LSTM(3), 0.5)
    params = params_of(cell, D)
    left = np.asarray(cell.perturb(jax.random.key(0), params).w_h != 0)

    def total(params):
        state, ys = outcome(unroll.deferred, cell, cell.perturb(jax.random.key(0), params), XS)
        return (ys**2).sum() + state.c.sum()

    assert ((np.asarray(jax.jit(jax.grad(total))(params).w_h) != 0) == left).all()


def test_weights_are_dropped_as_often_as_the_rate_says_and_kept_on_average():
    cell = drop_connect(Elman(200), 0.3)
    params = cell.init(jax.random.key(0), D)._replace(w_h=np.ones((200, 200), np.float32))
    first, again, other = (cell.perturb(jax.random.key(i), params).w_h for i in (1, 1, 2))
    assert_identical(first, again)
    assert (first != other).any()
    assert (first == 0).mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 40000))
    assert first.mean() == pytest.approx(1, abs=0.02)


def test_after_training_nothing_is_dropped():
    dropped, params = drop_connect(LSTM(3), 0.4), params_of(LSTM(3), D)
    assert_identical(
        outcome(unroll.scan, dropped, params, XS), outcome(unroll.scan, LSTM(3), params, XS)
    )
    assert dropped.draw(jax.random.key(0), params, (5,)) is None


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda cell: learned_start(zoneout(cell, 0.2)),
        lambda cell: layer_norm(dale(cell)),
        lambda cell: Residual(learned_start(cell)),
        lambda cell: Stack((GRU(3), Stack((cell,)))),
        lambda cell: FastSlow((GRU(3), GRU(3)), cell),
    ],
)
def test_it_drops_wherever_it_is(wrapped):
    cell = wrapped(drop_connect(GRU(2), 0.5))
    params = params_of(cell, 2)
    changed = cell.perturb(jax.random.key(0), params)
    assert jax.tree.structure(changed) == jax.tree.structure(params)
    differ = [
        path[-1].name
        for (path, a), b in zip(
            jax.tree.leaves_with_path(changed), jax.tree.leaves(params), strict=True
        )
        if (np.asarray(a) != np.asarray(b)).any()
    ]
    assert differ == ["w_h"]
    plain = wrapped(GRU(2))
    assert plain.perturb(jax.random.key(0), params) is params


def test_of_several_matrices_each_has_a_mask_of_its_own():
    for cell in (drop_connect(skip(GRU(8), 2), 0.5), skip(drop_connect(GRU(8), 0.5), 2)):
        dropped = cell.perturb(jax.random.key(0), params_of(cell, D))
        assert (dropped.cell.w_h == 0).mean() == pytest.approx(0.5, abs=0.15)
        assert (dropped.w_s == 0).mean() == pytest.approx(0.5, abs=0.15)
        assert ((dropped.cell.w_h == 0) != (dropped.w_s == 0)).any()
    stack = Stack((drop_connect(GRU(8), 0.5),) * 2)
    first, second = stack.perturb(jax.random.key(0), params_of(stack, 8))
    assert ((first.w_h == 0) != (second.w_h == 0)).any()
    heads = drop_connect(block_diagonal(GRU(4), 2), 0.5)
    assert (heads.perturb(jax.random.key(0), params_of(heads, D)).w_h == 0).any()


def test_a_layer_drops_in_training_alone():
    layer = Recurrent(drop_connect(GRUResetBefore(8), 0.5))
    variables = layer.init(jax.random.key(0), XS)
    plain = Recurrent(GRUResetBefore(8)).apply(variables, XS)
    assert_identical(layer.apply(variables, XS), plain)
    one, two, again = (
        layer.apply(variables, XS, train=True, rngs={"dropout": jax.random.key(i)})[1]
        for i in (0, 1, 0)
    )
    assert_identical(one, again)
    assert np.abs(one - two).max() > 1e-3
    assert np.abs(one - plain[1]).max() > 1e-3


def test_a_cell_without_a_matrix_is_refused():
    with pytest.raises(ValueError, match="cell must have a recurrent matrix"):
        drop_connect(LRU(3), 0.4)
    with pytest.raises(ValueError, match=r"rate must be from 0 to less than 1"):
        drop_connect(GRU(3), 1.0)
