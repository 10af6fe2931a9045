import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import ONLSTM
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import XS, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import normal, params_of


def cumax(z):
    shares = np.exp(z) / np.exp(z).sum()
    return np.array([shares[: k + 1].sum() for k in range(len(z))])


def step(cell, p, state, x):
    n, size = cell.hidden // cell.chunk, cell.hidden
    z = x @ p.w_x + state.h @ p.w_h + p.b
    master_i = np.repeat(1 - cumax(z[:n]), cell.chunk)
    master_f = np.repeat(cumax(z[n : 2 * n]), cell.chunk)
    o, g, i, f = z[2 * n :].reshape(4, size)
    w = master_f * master_i
    forget = sigmoid(f) * w + (master_f - w)
    write = sigmoid(i) * w + (master_i - w)
    c = forget * state.c + write * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (h, c), h


@pytest.mark.parametrize("chunk", [1, 2])
def test_the_papers_equations(chunk):
    follows(ONLSTM(4, chunk), step)


def test_the_references_numbers(x64):
    params = ONLSTM.params_type(sines(2, 20, 1), sines(4, 20, 2), sine_vector(20, 3))
    start = LSTMState(np.zeros(4), np.zeros(4))
    final, _ = unroll.scan(ONLSTM(4, chunk=2), params, start, SINE_XS)
    np.testing.assert_allclose(final.h, [-0.0655590492, 0.0549494101, 0, 0], rtol=2e-9, atol=1e-15)
    np.testing.assert_allclose(final.c, [-0.1493858973, 0.1366623360, 0, 0], rtol=1e-9, atol=1e-15)


def test_one_chunk_of_all_keeps_what_it_starts_with():
    cell, start = ONLSTM(4, chunk=4), LSTMState(normal(1, (4,)), normal(2, (4,)))
    final, _ = unroll.scan(cell, params_of(cell), start, XS)
    np.testing.assert_allclose(final.c, start.c, rtol=1e-5)


def test_the_master_gates_rise_and_fall_from_chunk_to_chunk():
    cell, state = ONLSTM(6, chunk=2), LSTMState(normal(1, (6,)), normal(2, (6,)))
    params = params_of(cell)
    u, v = cell.project(params, XS[0]), cell.recur(params, state)
    gates = jax.tree.map(np.asarray, cell.gates(params, state, u, v))
    for gate, sign in ((gates.master_f, 1), (gates.master_i, -1)):
        assert (gate[0::2] == gate[1::2]).all()
        assert (sign * np.diff(gate[::2]) > 0).all()


def test_chunks_divide_the_units():
    with pytest.raises(ValueError, match="chunk must divide the 5 units"):
        ONLSTM(5, chunk=2)
