import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import SLSTM, Zeros
from rnnjax.cells.biases import Forget
from rnnjax.cells.gated.slstm import SLSTMParams, SLSTMState
from tests.cells.loops import follows, sigmoid
from tests.laws.draws import normal, params_of


def step(cell, p, state, x):
    size = cell.hidden // cell.heads
    pre = x @ p.w_x + p.b
    for j in range(pre.size):
        first = j % cell.hidden // size * size
        pre[j] += state.h[first : first + size] @ p.w_h[:, j]
    i, f, z, o = np.split(pre, 4)
    f = np.log(sigmoid(f))
    m = np.maximum(f + state.m, i)
    c = np.exp(f + state.m - m) * state.c + np.exp(i - m) * np.tanh(z)
    n = np.exp(f + state.m - m) * state.n + np.exp(i - m)
    h = sigmoid(o) * c / n
    return (h, c, n, m), h


@pytest.mark.parametrize("heads", [1, 2])
def test_the_papers_equations(heads):
    follows(SLSTM(4, heads=heads), step)


def test_the_references_numbers(x64):
    params = SLSTMParams(np.eye(4), np.zeros((1, 4)), np.zeros(4))
    xs = np.array([[0.5, 1, 0.3, 0], [-1, 2, -0.7, 1]])
    cell = SLSTM(1)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), xs)
    np.testing.assert_allclose(ys[:, 0], [0.14565630622579545, 0.08061685083083588], rtol=1e-13)
    final, _ = cell.step(params, cell.initial_state(params), xs[0])
    np.testing.assert_allclose(final.n, [1])
    np.testing.assert_allclose(final.c, np.tanh([0.3]), rtol=1e-15)


@pytest.mark.parametrize("more", [5.0, -30.0])
def test_no_output_depends_on_the_scale(x64, more):
    cell = SLSTM(3)
    params, x = params_of(cell), np.array([0.5, -1.0])
    h, c, n, m = np.arange(1.0, 13.0).reshape(4, 3) / 10
    _, expected = cell.step(params, SLSTMState(h, c, n, m), x)
    other = SLSTMState(h, c * np.exp(-more), n * np.exp(-more), m + more)
    np.testing.assert_allclose(cell.step(params, other, x)[1], expected, rtol=1e-12)


def test_without_a_recurrent_matrix_it_is_attention_by_exponential_gates(x64):
    cell = SLSTM(3)
    p = params_of(cell)
    p = p._replace(w_h=0 * p.w_h)
    xs = normal(1, (6, 2)).astype(float)
    _, ys = unroll.scan(cell, p, cell.initial_state(p), xs)
    i, f, z, o = np.split(np.asarray(xs @ p.w_x + p.b[None]), 4, axis=1)
    kept = np.cumsum(np.log(sigmoid(f)), 0)
    for t in range(6):
        weights = np.exp(kept[t] - kept[: t + 1] + i[: t + 1])
        mean = (weights * np.tanh(z[: t + 1])).sum(0) / weights.sum(0)
        np.testing.assert_allclose(ys[t], sigmoid(o[t]) * mean, rtol=1e-12)


def test_a_gate_that_writes_next_to_nothing_writes_the_first_all_the_same():
    params = SLSTMParams(np.eye(4), np.zeros((1, 4)), np.zeros(4))
    cell = SLSTM(1)
    params = jax.tree.map(lambda p: p.astype(np.float32), params)
    x = np.array([-500.0, 5.0, 1.0, 50.0], np.float32)
    _, y = cell.step(params, cell.initial_state(params), x)
    np.testing.assert_allclose(y, np.tanh([1.0]), rtol=1e-6)


@pytest.mark.full
def test_forget_gates_start_from_open_to_closed_within_a_head():
    b = SLSTM(6, heads=2).init(jax.random.key(0), 3).b
    i, f, z, o = b.reshape(4, 6)
    np.testing.assert_allclose(f[:3], [5, 5 - 12 * 0.5**0.3, -7], rtol=1e-6)
    np.testing.assert_array_equal(f[:3], f[3:])
    np.testing.assert_array_equal([i, z, o], 0)
    b = SLSTM(6, bias_init=Forget(1.0)).init(jax.random.key(0), 3).b
    np.testing.assert_array_equal(b.reshape(4, 6)[1], 1)
    assert SLSTM(6).bias_init == Zeros()


def test_heads_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="heads must divide hidden"):
        SLSTM(5, heads=2)
