import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import MGU, Chrono, GatedState, MGUResetBefore
from tests.cells.reference import XS as REFERENCE_XS
from tests.cells.reference import H, vector, wide
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


def logistic(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize("cell", [MGU(3), MGUResetBefore(3)], ids=repr)
def test_the_equations(cell):
    params = params_of(cell)
    w_x, w_h, b = (np.asarray(p, float) for p in params)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h = np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        before, h = h, np.zeros(3)
        f = [logistic(x_t @ w_x[:, j] + before @ w_h[:, j] + b[j]) for j in range(3)]
        for j in range(3):
            if isinstance(cell, MGU):
                held = f[j] * (before @ w_h[:, 3 + j])
            else:
                held = sum(f[i] * before[i] * w_h[i, 3 + j] for i in range(3))
            n = np.tanh(x_t @ w_x[:, 3 + j] + b[3 + j] + held)
            h[j] = (1 - f[j]) * before[j] + f[j] * n
        np.testing.assert_allclose(y_t, h, rtol=1e-5, atol=1e-6)


def test_the_papers_form_has_the_references_numbers(x64):
    params = MGUResetBefore.params_type(wide(0, 1), wide(2, 3), vector(4, 5))
    final, _ = unroll.scan(MGUResetBefore(2), params, GatedState(H), REFERENCE_XS)
    np.testing.assert_allclose(final.h, [0.732041777280, -0.310428141445], rtol=1e-11)


def test_the_gate_turned_round_in_flax_and_here_give_different_functions(x64):
    params = MGU.params_type(wide(0, 1), wide(2, 3), vector(4, 5))
    final, _ = unroll.scan(MGU(2), params, GatedState(H), REFERENCE_XS)
    flax = np.array([0.542412953064, -0.708056551832])  # the reference's, without its second bias
    h = H
    for x in REFERENCE_XS:  # Flax's, by hand, to see that the numbers are of these blocks
        u_f, u_n = np.split(x @ params.w_x + params.b, 2)
        v_f, v_n = np.split(h @ params.w_h, 2)
        f = logistic(u_f + v_f)
        h = f * h + (1 - f) * np.tanh(u_n + f * v_n)
    np.testing.assert_allclose(h, flax, rtol=1e-11)
    assert np.abs(final.h - flax).max() > 0.1


@pytest.mark.parametrize(("off_diagonal", "agree"), [(0.0, True), (0.5, False)])
def test_the_two_agree_where_the_candidates_matrix_is_diagonal(off_diagonal, agree):
    w_n = np.diag([0.5, -0.7, 0.9]) + off_diagonal * (1 - np.eye(3))
    w_h = np.hstack([normal(3, (3, 3)), w_n])
    numbers = list(map(jnp.float32, (normal(2, (2, 6)), w_h, normal(4, (6,)))))
    after, before = (
        unroll.scan(cell, params, cell.initial_state(params), XS)[1]
        for cell in (MGU(3), MGUResetBefore(3))
        for params in [cell.params_type(*numbers)]
    )
    difference = np.abs(after - before).max()
    assert difference < 1e-6 if agree else difference > 0.01


@pytest.mark.parametrize("cell", [MGU, MGUResetBefore])
def test_memories_that_last_start_with_a_gate_that_hardly_writes(cell):
    b = Chrono(100)(jax.random.key(0), cell.blocks, 50)
    assert -np.log(99) <= b[:50].min() < b[:50].max() <= 0
    np.testing.assert_array_equal(b[50:], 0)
