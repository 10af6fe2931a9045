import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import compose, unroll
from rnnjax.cells import (
    GRU,
    LRU,
    LSTM,
    LSTMP,
    AntisymmetricRNN,
    BrickWall,
    Butterfly,
    Cayley,
    CoRNN,
    Elman,
    Exponential,
    GRUResetBefore,
    Householder,
    IndRNN,
    identity,
)
from rnnjax.compose import OrthogonalRecurrence, orthogonal
from rnnjax.testing import check_cell, engines_of
from tests.compose.wrapped import XS, B, D, engines_agree, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close, normal


def blocks(cell, params):
    """Returns the recurrent matrix, block by block."""
    return np.split(np.asarray(cell.prepare(params).params.w_h), len(params.w_h), axis=1)


@pytest.mark.parametrize(
    "by", [Exponential(), Cayley(1), Householder(2), BrickWall(), Butterfly()], ids=repr
)
def test_each_block_is_orthogonal_and_another(by):
    cell = orthogonal(GRU(4), by)
    made = blocks(cell, params_of(cell, D))
    for w in made:
        np.testing.assert_allclose(w @ w.T, np.eye(4), atol=1e-6)
    assert np.abs(made[0] - made[1]).max() > 0.1
    for w in blocks(cell, cell.init(jax.random.key(0), D)):
        np.testing.assert_allclose(w @ w.T, np.eye(4), atol=1e-6)


def test_it_is_the_cell_with_those_matrices():
    for cell in (orthogonal(LSTM(3), Exponential()), orthogonal(GRUResetBefore(3), Cayley())):
        params = params_of(cell, D)
        w_h = jnp.asarray(np.concatenate([cell.by(own, 3) for own in params.w_h], axis=1))
        state, ys = outcome(unroll.scan, cell, params, XS)
        expected = outcome(unroll.scan, cell.cell, params._replace(w_h=w_h), XS)
        assert_close((state, ys), expected)


@pytest.mark.full
def test_any_step_of_an_optimizer_leaves_it_orthogonal():
    cell = orthogonal(Elman(4, identity), Exponential())
    params = params_of(cell, D)

    def loss(params):
        return jnp.sum(jnp.sin(outcome(unroll.deferred, cell, params, XS)[1]))

    grads = jax.grad(loss)(params)
    moved = jax.tree.map(lambda p, g: p - 0.5 * g, params, grads)
    (before,), (after,) = blocks(cell, params), blocks(cell, moved)
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(after @ after.T, np.eye(4), atol=1e-6)


@pytest.mark.full
def test_the_norm_is_kept_for_ten_thousand_steps(x64):
    cell = orthogonal(Elman(6, identity), Householder())
    params = jax.tree.map(lambda p: jnp.asarray(p, float), cell.init(jax.random.key(0), 1))
    state = jax.tree.map(lambda h: jnp.asarray(normal(3, h.shape)), cell.initial_state(params))
    state = jax.tree.map(lambda h: h.astype(float), state)
    after, _ = unroll.scan(cell, params, state, np.zeros((10_000, 1)))
    np.testing.assert_allclose(jnp.linalg.norm(after.h), jnp.linalg.norm(state.h), rtol=1e-11)


@pytest.mark.full
def test_it_obeys_the_laws_and_runs_on_the_engines_of_its_contract():
    cell = orthogonal(GRU(3), Cayley(1))
    assert {unroll.deferred, unroll.fused} <= set(engines_of(cell))
    check_cell(cell, engines=[unroll.deferred])


@pytest.mark.parametrize(
    "cell",
    [
        orthogonal(compose.layer_norm(compose.zoneout(LSTM(3), 0.3)), Cayley()),
        compose.learned_start(compose.zoneout(orthogonal(LSTM(3), Cayley()), 0.3)),
    ],
    ids=repr,
)
@pytest.mark.full
def test_it_goes_around_other_changes_and_into_them(cell):
    assert engines_agree(cell, params_of(cell, D), train=True) == 1


def test_matrices_are_made_in_single_precision_and_then_rounded():
    plain = orthogonal(LSTM(4), Exponential())
    cell, params = compose.mixed_precision(plain), params_of(plain, D)
    h, w_h = normal(3, (B, 4)), plain.prepare(params).params.w_h
    found = cell.recur(params, plain.initial_state(params, (B,))._replace(h=h))
    wanted = np.matmul(*(np.asarray(x).astype(jnp.bfloat16).astype(float) for x in (h, w_h)))
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.full
def test_of_a_cell_made_of_cells_each_part_is_changed():
    cell = orthogonal(compose.Stack((GRU(2), LSTM(3))), Cayley())
    assert [type(part) for part in cell.cells] == [type(orthogonal(GRU(2), Cayley()))] * 2
    first, second = cell.init(jax.random.key(0), D)
    assert first.w_h.shape == (3, 1)
    assert second.w_h.shape == (4, 3)
    assert outcome(unroll.scan, cell, (first, second), XS)[1].shape == (len(XS), B, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OrthogonalRecurrence(LRU(3), Cayley()), "must have a recurrent matrix w_h"),
        (lambda: orthogonal(IndRNN(3), Cayley()), "must have a recurrent matrix w_h"),
        (lambda: orthogonal(orthogonal(GRU(3), Cayley()), Cayley()), "must have a recurrent"),
        (lambda: orthogonal(compose.independent(GRU(4)), Cayley()), "must have a recurrent matrix"),
        (lambda: orthogonal(compose.block_diagonal(GRU(4), 2), Cayley()), "must have whole blocks"),
        (lambda: orthogonal(LSTMP(4), Cayley()).init(jax.random.key(0), D), r"w_h is \(2, 16\)"),
        (lambda: orthogonal(AntisymmetricRNN(3), Cayley()), "AntisymmetricRNN makes another"),
        (lambda: orthogonal(CoRNN(3), Cayley()), "CoRNN makes another matrix"),
        (lambda: orthogonal(GRU(3), Cayley(9)), "negative must be at most the 3 units"),
        (lambda: orthogonal(GRU(3), 0.5), "by must be a parametrization"),
        (lambda: orthogonal(GRU(3), Butterfly()), "the 3 units must be a power of two"),
    ],
)
def test_what_has_no_such_matrix_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "change",
    [
        compose.dale,
        lambda cell: compose.sparse(cell, 0.5),
        lambda cell: compose.drop_connect(cell, 0.5),
    ],
)
def test_what_changes_the_entries_of_a_matrix_belongs_within(change):
    with pytest.raises(ValueError, match="cell must have a recurrent matrix"):
        change(compose.zoneout(orthogonal(GRU(3), Cayley()), 0.1))
    assert orthogonal(change(GRU(3)), Cayley()).init(jax.random.key(0), D).w_h.shape == (3, 3)


@pytest.mark.full
def test_the_second_matrix_of_a_skip_is_orthogonal_too():
    cell = orthogonal(compose.skip(GRU(4), 2), Cayley())
    params = cell.init(jax.random.key(0), D)
    first, second = params.cell.w_h, params.w_s
    assert first.shape == second.shape == (3, 6)
    assert (first != second).any()
    made = cell.prepare(params).params.params.w_s
    for w in np.split(np.asarray(made.w_h), 3, axis=1):
        np.testing.assert_allclose(w @ w.T, np.eye(4), atol=1e-6)
    assert engines_agree(cell, params_of(cell, D), train=True) >= 1
