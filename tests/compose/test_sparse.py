import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, Elman, GRUResetBefore
from rnnjax.compose import Stack, mixed_precision, sparse, zoneout
from tests.compose.wrapped import XS, B, D, by_hand, engines_agree, gru, outcome, results
from tests.filled import params_of
from tests.laws.draws import assert_close


def test_the_weights_outside_the_mask_are_not_there():
    cell = sparse(GRU(4), 0.5, seed=3)
    params = params_of(cell, D)
    own, mask = jax.tree.map(np.asarray, params), np.asarray(cell.mask((4, 12)))
    assert 10 < mask.sum() < 38

    def step(t, state):
        h = gru(own, XS[t], *state, w_h=own.w_h * mask)
        return (h,), h

    expected = by_hand(step, (np.zeros((B, 4)),))
    state, ys = outcome(unroll.scan, cell, params, XS)
    assert_close((tuple(state), ys), expected)
    gradient = results(unroll.scan, cell, params, XS)[0].w_h
    assert ((np.asarray(gradient) != 0) == mask).all()


def test_the_mask_is_that_of_the_seed_and_as_dense_as_asked():
    masks = [np.asarray(sparse(Elman(3), 0.2, seed).mask((200, 200))) for seed in (1, 1, 2)]
    assert (masks[0] == masks[1]).all()
    assert (masks[0] != masks[2]).any()
    assert masks[0].mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / 40000))
    assert np.asarray(sparse(Elman(3), 1.0).mask((9, 9))).all()


def test_the_mask_of_double_precision_is_the_same(x64):
    mask = np.asarray(sparse(Elman(3), 0.5).mask((5, 4)))
    with jax.enable_x64(False):
        assert (mask == np.asarray(sparse(Elman(3), 0.5).mask((5, 4)))).all()


def test_products_start_as_large_as_the_cells():
    cell, h = sparse(Elman(100), 0.1), np.random.default_rng(0).normal(size=(50, 100))
    sizes = []
    for some in (cell, Elman(100)):
        params = some.init(jax.random.key(0), D)
        v = some.recur(params, some.initial_state(params)._replace(h=h))
        sizes.append(np.asarray(v).std())
    assert sizes[0] == pytest.approx(sizes[1], rel=0.1)


@pytest.mark.full
def test_every_engine_runs_it_in_a_stack():
    cell = sparse(Stack((zoneout(GRU(3), 0.3), Elman(2))), 0.5)
    assert engines_agree(cell, params_of(cell, D), train=True) == 1


def test_of_mixed_precision_the_rounded_matrix_is_sparse():
    cell = mixed_precision(sparse(GRUResetBefore(3), 0.5))
    assert cell == sparse(mixed_precision(GRUResetBefore(3)), 0.5)


@pytest.mark.parametrize("density", [0.0, -1.0, 1.1])
def test_a_density_is_refused_that_is_none(density):
    with pytest.raises(ValueError, match=r"density must be above 0 and 1 at most$"):
        sparse(GRU(3), density)


def test_a_cell_without_a_matrix_is_refused():
    with pytest.raises(ValueError, match="cell must have a recurrent matrix"):
        sparse(LRU(3), 0.5)
