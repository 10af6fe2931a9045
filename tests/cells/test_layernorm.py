import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LayerNormGRU, LayerNormLSTM
from rnnjax.cells.gated.gru import GRUState
from rnnjax.cells.gated.layernormgru import LayerNormGRUParams
from rnnjax.cells.gated.layernormlstm import LayerNormLSTMParams
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, block
from tests.laws.draws import normal

H, C = np.array([0.5, -0.25, 0.1]), np.array([-0.3, 0.8, 0.05])


def norm(z, gain, shift=0.0):
    return gain * (z - z.mean()) / np.sqrt(z.var() + 1e-5) + shift


def lstm(cell, p, state, x):
    z = norm(x @ p.w_x, p.gain_x) + norm(state.h @ p.w_h, p.gain_h) + p.b
    i, f, g, o = np.split(z, 4)
    c = sigmoid(f) * state.c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(norm(c, p.gain_c, p.shift_c))
    return (h, c), h


def gru(cell, p, state, x):
    def normed(z, gain, shift):
        return [norm(z[s], gain[s], shift[s]) for s in (slice(0, 6), slice(6, 9))]

    u, u_n = normed(x @ p.w_x + p.b, p.gain_x, p.shift_x)
    v, v_n = normed(state.h @ p.w_h, p.gain_h, p.shift_h)
    r, z = np.split(sigmoid(u + v), 2)
    h = z * state.h + (1 - z) * np.tanh(u_n + r * v_n)
    return (h,), h


@pytest.mark.parametrize(("cell", "step"), [(LayerNormLSTM(3), lstm), (LayerNormGRU(3), gru)])
def test_the_papers_equations(cell, step):
    follows(cell, step)


def wide(rows, *ks):
    return jnp.concatenate([block(k, rows, 3) for k in ks], axis=1)


def lstm_params():
    b = wide(2, 8, 9, 10, 11)[0]
    ones, zeros = jnp.ones(12), jnp.zeros(3)
    w_x, w_h = wide(2, 0, 1, 2, 3), wide(3, 4, 5, 6, 7)
    return LayerNormLSTMParams(w_x, w_h, b, ones, ones, ones[:3], zeros)


def test_the_references_numbers_of_the_lstm(x64):
    final, _ = unroll.scan(LayerNormLSTM(3), lstm_params(), LSTMState(H, C), XS)
    h = [-0.174641544419, 0.005883620681, 0.090154323383]
    np.testing.assert_allclose(final.h, h, rtol=1e-9)
    c = [-0.733469885397, -0.566288769187, -0.402089567154]
    np.testing.assert_allclose(final.c, c, rtol=1e-10)


def test_the_references_numbers_of_the_gru(x64):
    ones, zeros = jnp.ones(9), jnp.zeros(9)
    weights = wide(2, 0, 1, 2), wide(3, 3, 4, 5), wide(2, 6, 7, 8)[0]
    params = LayerNormGRUParams(*weights, ones, zeros, ones, zeros)
    final, _ = unroll.scan(LayerNormGRU(3), params, GRUState(H), XS)
    h = [0.326640441750, -0.763549506441, -0.097063330349]
    np.testing.assert_allclose(final.h, h, rtol=1e-10)


def test_what_all_columns_share_changes_nothing(x64):
    params = lstm_params()
    shifted = params._replace(w_h=params.w_h + normal(0, (3, 1)))
    (_, ys), (_, expected) = (
        unroll.scan(LayerNormLSTM(3), p, LSTMState(H, C), XS) for p in (shifted, params)
    )
    np.testing.assert_allclose(ys, expected, rtol=1e-10)


@pytest.mark.parametrize("cell", [LayerNormLSTM, LayerNormGRU])
def test_roots_of_negative_numbers_are_refused(cell):
    with pytest.raises(ValueError, match="eps must be above 0"):
        cell(3, eps=0.0)


@pytest.mark.parametrize(("eps", "blank", "finite"), [(1e-5, 12, False), (0.01, 20, True)])
def test_gradients_through_steps_of_zeros_overflow_where_the_docstring_says(eps, blank, finite):
    cell = LayerNormLSTM(32, eps=eps)
    params = cell.init(jax.random.key(0), 4)
    xs = jnp.zeros((blank + 1, 4)).at[-1].set(1.0)

    def last(params):
        return unroll.scan(cell, params, cell.initial_state(params), xs)[1][-1].sum()

    gradient = jax.grad(last)(params)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in gradient) == finite
