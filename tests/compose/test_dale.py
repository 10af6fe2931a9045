import jax
import numpy as np
import pytest

from rnnjax import cells, unroll
from rnnjax.cells import GRU, LRU, LSTM, Elman, GRUResetBefore, IndRNN
from rnnjax.compose import block_diagonal, dale, independent, read_cell, skip, zoneout
from tests.compose.wrapped import XS, B, D, by_hand, engines_agree, inputs, lstm, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close


def test_each_unit_sends_what_has_its_sign():
    cell = dale(LSTM(4), 0.75)
    params = params_of(cell, D)
    own = jax.tree.map(np.asarray, params)
    signed = np.diag([1.0, 1, 1, -1]) @ np.abs(own.w_h)

    def step(t, state):
        after = lstm(own, XS[t], *state, w_h=signed)
        return after, after[0]

    state, ys = by_hand(step, (np.zeros((B, 4)),) * 2)
    assert_close((tuple(outcome(unroll.scan, cell, params, XS)[0]), ys), (state, ys))
    assert_close(outcome(unroll.scan, cell, params, XS)[1], ys)


@pytest.mark.full
def test_it_goes_with_other_changes_on_every_engine():
    cell = zoneout(dale(LSTM(4)), 0.1)
    params = params_of(cell, D)
    assert engines_agree(cell, params, train=True) == 1
    changed = params._replace(w_h=np.diag(np.float32([1, 1, 1, -1])) @ np.abs(params.w_h))
    xs = inputs(cell, params, train=True)
    expected = outcome(unroll.scan, zoneout(LSTM(4), 0.1), changed, xs)
    assert_close(outcome(unroll.scan, cell, params, xs), expected)
    assert read_cell("zoneout(dale(LSTM(4)), 0.1)", 9) == cell


def test_excitation_and_inhibition_start_in_balance():
    cell = dale(Elman(50))
    drawn = cell.init(jax.random.key(0), D).w_h
    made = np.asarray(cell.prepare(cell.init(jax.random.key(0), D)).params.w_h)
    assert (made[:40] >= 0).all()
    assert (made[40:] <= 0).all()
    assert made[:40].sum() == pytest.approx(-made[40:].sum(), rel=0.1)
    plain = Elman(50).init(jax.random.key(0), D).w_h
    assert np.linalg.norm(drawn) == pytest.approx(np.linalg.norm(plain), rel=0.05)


@pytest.mark.parametrize("part", [0.0, 1.0])
def test_all_units_may_be_of_one_kind(part):
    cell = dale(Elman(5), part)
    made = np.asarray(cell.prepare(cell.init(jax.random.key(0), D)).params.w_h)
    assert (np.sign(made) == (1 if part else -1)).all()


def test_of_units_in_heads_each_has_its_sign():
    cell = dale(block_diagonal(Elman(4), 2), 0.75)
    made = cell.prepare(params_of(cell, D)).params.params.w_h
    assert np.sign(made)[0, :, :, 0].tolist() == [[1, 1], [1, -1]]


def test_of_two_matrices_both_have_the_signs():
    for cell in (dale(skip(GRU(4), 2)), skip(dale(GRU(4)), 2)):
        params = params_of(cell, D)
        seen = []
        for unit in range(4):
            h = np.zeros((3, 4), np.float32)
            h[:, unit] = 1
            state = cell.initial_state(params, (3,))
            past = state.cell._replace(h=h * np.float32([[0], [1], [1]]))
            first = state.cell._replace(h=h * np.float32([[1], [0], [1]]))
            seen.append(np.sign(cell.recur(params, type(state)(first, (past,)))))
        assert (np.stack(seen) == np.array([1, 1, 1, -1]).reshape(4, 1, 1)).all()


@pytest.mark.parametrize("cell", [LRU(3), IndRNN(3), independent(LSTM(3))], ids=repr)
def test_a_cell_without_a_matrix_is_refused(cell):
    with pytest.raises(ValueError, match=r"^Dale\(.*cell must have a recurrent matrix"):
        dale(cell)
    assert dale(GRUResetBefore(3)).output_dim == 3  # which does not split


@pytest.mark.parametrize("part", [-0.1, 1.5])
def test_a_part_is_refused_that_is_none(part):
    with pytest.raises(ValueError, match=r"excitatory must be from 0 to 1$"):
        dale(GRU(3), part)


@pytest.mark.parametrize(
    "cell",
    [cells.CoRNN(4), cells.ConvGRU(2, (2, 2)), cells.AntisymmetricRNN(4), cells.LipschitzRNN(4)],
    ids=repr,
)
def test_a_cell_that_makes_another_matrix_is_refused_by_name(cell):
    with pytest.raises(ValueError, match=f"a row a unit; {type(cell).__name__} makes another"):
        dale(cell)
