"""Orthogonal and unitary networks: their equations in NumPy, and the reference's numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from rnnjax import unroll
from rnnjax.cells import (
    EUNN,
    GORU,
    NNRNN,
    ORNN,
    URNN,
    BrickWall,
    Butterfly,
    ExpRNN,
    FullCapacityURNN,
    GatedState,
    ScoRNN,
    SpectralRNN,
    identity,
)
from rnnjax.cells.orthogonal.unitarycell import UnitaryState
from tests.catalogue import name
from tests.cells.loops import follows, sigmoid
from tests.laws.draws import normal, params_of

ONES = np.array([[1.0], [-0.5]])


def mod_relu(z, b, eps=0.0):
    """Of real and complex numbers, none of them zero."""
    return z / (np.abs(z) + eps) * np.maximum(np.abs(z) + b, 0)


def upper(numbers, rows, columns, offset):
    """Fills the part of a matrix on and above a diagonal, row by row."""
    made, left = np.zeros((rows, columns)), list(numbers)
    for i in range(rows):
        for j in range(max(i + offset, 0), columns):
            made[i, j] = left.pop(0)
    assert not left
    return made


def skew(a, n):
    made = upper(a, n, n, 1)
    return made - made.T


def reflect(h, v):
    return h - 2 * (h @ v) * v.conj() / (np.abs(v) ** 2).sum()


def exprnn(cell, p, state, x):
    h = mod_relu(x @ p.w_x + state.h @ scipy.linalg.expm(skew(p.a, cell.hidden)), p.b)
    return (h,), h


def scornn(cell, p, state, x):
    n = cell.hidden
    A, D = skew(p.a, n), np.diag([1.0] * (n - cell.negative) + [-1.0] * cell.negative)
    W = np.linalg.inv(np.eye(n) + A) @ (np.eye(n) - A) @ D
    h = mod_relu(x @ p.w_x + state.h @ W, p.b)
    return (h,), h


def ornn(cell, p, state, x):
    vectors = upper(p.v, cell.reflections, cell.hidden, 0)
    v = state.h
    for u in vectors[::-1]:  # a column's H_1 H_2 ... H_m h
        v = reflect(v, u)
    z = x @ p.w_x + v + p.b
    h = np.where(z > 0, z, 0.1 * z)
    return (h,), h


def spectral(cell, p, state, x):
    count = cell.reflections
    v = state.h
    for one in upper(p.v, count, cell.hidden, 0):
        v = reflect(v, one)
    v = v * (1 + 2 * cell.margin * (sigmoid(p.p) - 0.5))
    for one in upper(p.u, count, cell.hidden, 0)[::-1]:
        v = reflect(v, one)
    h = np.maximum(x @ p.w_x + v + p.b, 0)
    return (h,), h


def nnrnn(cell, p, state, x):
    n = cell.hidden
    P, middle, left = scipy.linalg.expm(skew(p.a, n)), np.zeros((n, n)), list(p.t)
    for i in range(n):
        for j in range(i + 1, n):
            if j // 2 > i // 2:
                middle[i, j] = left.pop(0)
    for k, phase in enumerate(p.theta):
        c, s = np.cos(phase), np.sin(phase)
        middle[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = p.alpha[k] * np.array([[c, -s], [s, c]])
    if n % 2:
        middle[-1, -1] = p.alpha[-1]
    h = mod_relu(x @ p.w_x + state.h @ P @ middle @ P.T, p.b)
    return (h,), h


def goru(cell, p, state, x):
    H, h = cell.hidden, state.h
    W_r, W_f = p.w_h[:, :H], p.w_h[:, H:]
    U_n, U_r, U_f = (p.w_x[:, k * H : (k + 1) * H] for k in range(3))
    b_n, b_r, b_f = (p.b[k * H : (k + 1) * H] for k in range(3))
    Q = np.eye(H)
    for t, i in zip(p.theta, [0, 1], strict=True):  # of three units two layers are two pairs
        layer = np.eye(H)
        layer[i : i + 2, i : i + 2] = [[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]]
        Q = Q @ layer
    r, f = sigmoid(x @ U_r + h @ W_r + b_r), sigmoid(x @ U_f + h @ W_f + b_f)
    h = f * h + (1 - f) * mod_relu(x @ U_n + r * (h @ Q), b_n)
    return (h,), h


def unitary(v, p, state, x, eps=0.0):
    """What complex cells make of the recurrent product `v`."""
    H = len(p.b)
    h = mod_relu(x @ p.w_x[:, :H] + 1j * (x @ p.w_x[:, H:]) + v, p.b, eps)
    return (h.real, h.imag), np.concatenate([h.real, h.imag])


def urnn(cell, p, state, x, eps=0.0):
    v, (v_0, v_1) = state.re + 1j * state.im, p.v_re + 1j * p.v_im
    H = len(v)
    v = reflect(np.fft.fft(v * np.exp(1j * p.theta[0])) / np.sqrt(H), v_0)
    v = v[cell.permutation] * np.exp(1j * p.theta[1])
    v = reflect(np.fft.ifft(v) * np.sqrt(H), v_1) * np.exp(1j * p.theta[2])
    return unitary(v, p, state, x, eps)


def full(cell, p, state, x):
    n = cell.hidden
    above = upper(p.s, n, n, 0)
    A = skew(p.a, n) + 1j * (above + np.triu(above, 1).T)
    return unitary((state.re + 1j * state.im) @ scipy.linalg.expm(A), p, state, x)


def eunn(cell, p, state, x):
    v = state.re + 1j * state.im
    angles = list(zip(p.theta, p.phi, strict=True))
    for k in range(cell.mesh.layers):
        for i in range(k % 2, cell.hidden - 1, 2):
            t, f = angles.pop(0)
            block = [[np.cos(t), np.sin(t)], np.exp(1j * f) * np.array([-np.sin(t), np.cos(t)])]
            v[i : i + 2] = v[i : i + 2] @ np.array(block)
    assert not angles
    return unitary(v * np.exp(1j * p.omega), p, state, x)


@pytest.mark.parametrize(
    ("cell", "step"),
    [
        (ExpRNN(4), exprnn),
        (ScoRNN(5, negative=2), scornn),
        (ORNN(4, reflections=3), ornn),
        (SpectralRNN(5, reflections=2, margin=0.3), spectral),
        (NNRNN(5), nnrnn),
        (GORU(3), goru),
        (URNN(4), urnn),
        (FullCapacityURNN(3), full),
        (EUNN(4, BrickWall(3)), eunn),
    ],
    ids=name,
)
def test_the_papers_equations(cell, step):
    follows(cell, step)


def test_the_references_numbers_of_exprnn(x64):
    params = ExpRNN.params_type(*map(np.array, ([[0.5, -1.0]], [0.5], [0.1, -0.2])))
    _, ys = unroll.scan(ExpRNN(2), params, GatedState(np.zeros(2)), ONES)
    np.testing.assert_allclose(ys, [[0.6, -0.8], [0.760089968018, 0]], rtol=1e-11)


def test_the_references_numbers_of_scornn(x64):
    params = ScoRNN.params_type(*map(np.array, ([[0.5, -1.0]], [0.5], [0.1, -0.2])))
    cell = ScoRNN(2, negative=1)
    np.testing.assert_allclose(cell.prepare(params).w_h, [[0.6, 0.8], [0.8, -0.6]], rtol=1e-14)
    _, ys = unroll.scan(cell, params, GatedState(np.zeros(2)), ONES)
    np.testing.assert_allclose(ys, [[0.6, -0.8], [-0.63, 1.26]], rtol=1e-14)


def test_the_references_numbers_of_goru(x64):
    params = GORU.params_type(
        w_x=np.array([[0.5, -1.0, 0.2, 0.1, -0.3, 0.4]]),
        w_h=np.array([[0.1, -0.2, 0.2, 0.1], [0.3, 0.4, -0.1, 0.3]]),
        b=np.array([0.011, 0.011, 2, 2, 0, 0.5]),  # with the code's 0.001
        theta=np.array([0.6]),
    )
    _, ys = unroll.scan(GORU(2), params, GatedState(np.zeros(2)), ONES)
    expected = [[0.293540126091, -0.292230052846], [0.213755159417, 0.032714330117]]
    np.testing.assert_allclose(ys, expected, rtol=1e-9)


class Swapped(URNN):
    """One with the reference's permutation."""

    @property
    def permutation(self):
        return np.array([1, 0])


def test_the_references_numbers_of_urnn(x64):
    params = URNN.params_type(
        w_x=np.array([[0.5, 0.3, -0.1, 0.4]]),
        theta=np.array([[0.3, -0.5], [1, 0.2], [-0.7, 0.4]]),
        v_re=np.array([[1, 0.5], [0.2, 1]]),
        v_im=np.array([[1, -1], [0.3, -0.5]]),
        b=np.array([0.01, -0.2]),
    )
    start = UnitaryState(np.array([0.6, -0.3]), np.array([0.2, 0.5]))
    expected = [
        [1.059571330028, 0.368463017606, 0.227122542281, -0.073012732398],
        [0.470055877056, -0.574713183041, 0.697036334633, -0.291724103806],
    ]
    exact, theirs, now, exact_now = [], [], start, start
    for x in ONES:  # their numbers have 1e-5 beside |z|, of which the cell has none
        now, y = urnn(Swapped(2), params, UnitaryState(*now), x, 1e-5)
        exact_now, exact_y = urnn(Swapped(2), params, UnitaryState(*exact_now), x)
        theirs.append(y)
        exact.append(exact_y)
    np.testing.assert_allclose(theirs, expected, atol=2e-12)
    _, ys = unroll.scan(Swapped(2), params, start, ONES)
    np.testing.assert_allclose(ys, exact, rtol=1e-12)


REAL = (
    ExpRNN(6),
    ScoRNN(6),
    ORNN(6, activation=identity),
    ORNN(6, reflections=3, activation=identity),
    NNRNN(6),  # as it starts
    SpectralRNN(6, margin=0.0, activation=identity),
)
COMPLEX = (URNN(6), FullCapacityURNN(6), EUNN(6), EUNN(8, Butterfly()))


def test_exprnn_starts_with_the_authors_weights():
    params = ExpRNN(100).init(jax.random.key(0), 50)
    assert np.std(params.w_x) == pytest.approx(0.2, rel=0.03)
    assert 0.009 < abs(params.b).max() <= 0.01
    angles = np.asarray(params.a)[np.asarray(params.a) != 0]
    assert angles.shape == (50,)
    assert 0.9 * np.pi < abs(angles).max() <= np.pi


def norms(cell, dtype, steps=10_000):
    """Returns the norm of the state before and after so many steps without input and bias."""
    params = cell.init(jax.random.key(1), 1)
    names = [name for name in params._fields if name in ("a", "s")]  # off the planes
    params = params._replace(
        b=jnp.zeros_like(params.b),
        **{n: getattr(params, n) + 0.5 * normal(2, getattr(params, n).shape) for n in names},
    )
    params = jax.tree.map(lambda p: jnp.asarray(p, dtype), params)
    state = jax.tree.map(
        lambda h: jnp.asarray(normal(3, h.shape), dtype), cell.initial_state(params)
    )
    after, _ = unroll.scan(cell, params, state, jnp.zeros((steps, 1), dtype))
    return [np.linalg.norm(np.concatenate(s).astype(float)) for s in (state, after)]


@pytest.mark.parametrize("cell", [*REAL, *COMPLEX], ids=repr)
def test_without_input_the_norm_is_kept_for_ten_thousand_steps(cell):
    before, after = norms(cell, jnp.float32)
    np.testing.assert_allclose(after, before, rtol=2e-3)
    with jax.enable_x64(True):
        before, after = norms(cell, jnp.float64)
    np.testing.assert_allclose(after, before, rtol=1e-11)


def test_an_open_goru_is_an_orthogonal_network(x64):
    cell = GORU(4, BrickWall())
    params = params_of(cell)
    b = jnp.repeat(jnp.array([0.0, 1e3, -1e3]), 4)  # reset open, nothing kept
    params = params._replace(w_x=params.w_x * 0, b=b)
    state = GatedState(jnp.asarray(normal(3, (4,), float)))
    after, _ = unroll.scan(cell, params, state, np.zeros((10_000, 2)))
    np.testing.assert_allclose(jnp.linalg.norm(after.h), jnp.linalg.norm(state.h), rtol=1e-11)


def test_singular_values_of_spectralrnn_are_those_of_its_parameter(x64):
    cell = SpectralRNN(4, reflections=2, margin=0.3)
    params = params_of(cell)
    found = np.linalg.svd(cell.prepare(params).w_h, compute_uv=False)
    sigma = 1 + 2 * 0.3 * (sigmoid(np.asarray(params.p)) - 0.5)
    np.testing.assert_allclose(found, np.sort(sigma)[::-1], rtol=1e-5)


def test_eigenvalues_of_nnrnn_are_those_of_its_blocks(x64):
    cell = NNRNN(5)
    params = jax.tree.map(lambda p: jnp.asarray(p, float), params_of(cell))
    w_h = np.asarray(cell.prepare(params).w_h)
    alpha, phase = np.asarray(params.alpha), np.exp(1j * np.asarray(params.theta))
    expected = np.concatenate([alpha[:2] * phase, alpha[:2] / phase, alpha[2:]])
    np.testing.assert_allclose(
        np.sort_complex(np.linalg.eigvals(w_h)), np.sort_complex(expected), atol=1e-12
    )
    assert np.abs(w_h @ w_h.T - w_h.T @ w_h).max() > 0.1  # and it is not normal


def test_numbers_that_make_no_cell_are_refused():
    for make, message in (
        (lambda: ScoRNN(3, negative=4), "negative must be a whole number from 0 to hidden"),
        (lambda: ORNN(3, reflections=4), "reflections must be a whole number from 1 to hidden"),
        (lambda: SpectralRNN(3, reflections=0), "reflections must be a whole number from 1 to"),
        (lambda: SpectralRNN(3, margin=2.0), "margin must be between 0 and 1"),
        (lambda: EUNN(3, 2), "mesh must be a mesh"),
        (lambda: GORU(6, Butterfly()), "the 6 units must be a power of two"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
