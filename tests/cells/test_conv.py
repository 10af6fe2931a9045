import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, ConvGRU, ConvLSTM, GatedState, PeepholeLSTM
from rnnjax.cells.gated.gru import GRUState
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import D, T, follows, sigmoid
from tests.filled import params_of as filled
from tests.laws.draws import assert_close, normal

IMAGES = [(2, 1), (1, 2), (1, 1)]


def convolved(w, image):
    """A loop over pixels: `w [k, k, C, G]` and an image `[rows, columns, C]`."""
    rows, columns, _ = image.shape
    reach = w.shape[0] // 2
    made = np.zeros((rows, columns, w.shape[3]))
    for i in range(rows):
        for j in range(columns):
            for a in range(max(i - reach, 0), min(i + reach + 1, rows)):
                for b in range(max(j - reach, 0), min(j + reach + 1, columns)):
                    made[i, j] += image[a, b] @ w[a - i + reach, b - j + reach]
    return made


def lstm(cell, p, state, x):
    image, shape = (*cell.image, -1), (*cell.image, cell.hidden)
    h, c, p_i, p_f, p_o = (v.reshape(shape) for v in (*state, p.p_i, p.p_f, p.p_o))
    z = convolved(p.w_x, x.reshape(image)) + convolved(p.w_h, h) + p.b
    i, f, g, o = np.split(z, 4, axis=-1)
    c = sigmoid(f + p_f * c) * c + sigmoid(i + p_i * c) * np.tanh(g)
    h = sigmoid(o + p_o * c) * np.tanh(c)
    return (h.ravel(), c.ravel()), h.ravel()


def gru(cell, p, state, x):
    image, h = (*cell.image, -1), state.h.reshape(*cell.image, cell.hidden)
    u_r, u_z, u_n = np.split(convolved(p.w_x, x.reshape(image)) + p.b, 3, axis=-1)
    v_r, v_z, v_n = np.split(convolved(p.w_h, h), 3, axis=-1)
    z, r = sigmoid(u_z + v_z), sigmoid(u_r + v_r)
    h = (1 - z) * np.tanh(u_n + r * (v_n + p.b_n)) + z * h
    return (h.ravel(),), h.ravel()


@pytest.mark.parametrize("image", IMAGES)
def test_the_papers_equations(image):
    follows(ConvLSTM(3, image), lstm)
    follows(ConvGRU(3, image, kernel=5), gru)


@pytest.mark.parametrize(("cell", "step"), [(ConvLSTM, lstm), (ConvGRU, gru)])
def test_images_of_many_pixels_and_channels(cell, step):
    cell = cell(2, image=(4, 3))
    params, xs = jax.tree.map(np.asarray, filled(cell, 36)), normal(1, (T, 36))
    now = cell.initial_state(params)
    found, ys = unroll.scan(cell, params, now, xs)
    for x_t, y_t in zip(xs, ys, strict=True):
        made, expected = step(cell, params, jax.tree.map(np.asarray, now), x_t)
        now = type(now)(*made)
        np.testing.assert_allclose(y_t, expected, rtol=1e-4, atol=1e-5)
    assert_close(found, now)


def test_of_a_kernel_of_one_pixel_each_pixel_is_a_cell_of_its_own():
    xs = normal(1, (T, 4 * D))
    cell = ConvLSTM(3, image=(2, 2), kernel=1)
    p = filled(cell, 4 * D)
    p = p._replace(**{k: jnp.tile(getattr(p, k)[:3], 4) for k in ("p_i", "p_f", "p_o")})
    _, ys = unroll.scan(cell, p, cell.initial_state(p), xs)
    own = PeepholeLSTM.params_type(p.w_x[0, 0], p.w_h[0, 0], p.b, p.p_i[:3], p.p_f[:3], p.p_o[:3])
    start = LSTMState(jnp.zeros((4, 3)), jnp.zeros((4, 3)))
    _, expected = unroll.scan(PeepholeLSTM(3), own, start, xs.reshape(T, 4, D))
    np.testing.assert_allclose(ys, expected.reshape(T, 12), rtol=1e-5, atol=1e-6)


def test_on_one_pixel_the_kernels_centre_is_a_gru():
    xs, cell = normal(1, (T, D)), ConvGRU(3, image=(1, 1), kernel=5)
    p = filled(cell, D)
    _, ys = unroll.scan(cell, p, GatedState(jnp.zeros(3)), xs)
    own = GRU.params_type(p.w_x[2, 2], p.w_h[2, 2], p.b, p.b_n)
    _, expected = unroll.scan(GRU(3), own, GRUState(jnp.zeros(3)), xs)
    np.testing.assert_allclose(ys, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [ConvLSTM, ConvGRU])
def test_what_is_no_image_is_refused(kind):
    for image in (3, (3,), (3, 0), (3, 2.0), [3, 3]):
        with pytest.raises(ValueError, match=r"image must be \(rows, columns\)"):
            kind(2, image)
    with pytest.raises(ValueError, match="kernel must be odd"):
        kind(2, (3, 3), kernel=2)
    with pytest.raises(ValueError, match=r"= 3 \* 2 \* C numbers; got D = 7$"):
        kind(2, (3, 2)).init(jax.random.key(0), 7)
