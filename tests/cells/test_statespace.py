import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import S4D, S5, bilinear, s4d_inv, s4d_legs, s4d_lin, s4d_real, zoh
from rnnjax.cells.linear.s4d import S4DParams
from rnnjax.cells.linear.s5 import S5Params
from rnnjax.cells.linear.statespace import hippo_normal
from tests.cells.loops import follows


def exact(a, dt):
    return np.exp(dt * a), (np.exp(dt * a) - 1) / a


def trapezoidal(a, dt):
    return (1 + dt * a / 2) / (1 - dt * a / 2), dt / (1 - dt * a / 2)


def s4d_step(cell, p, state, x):
    u = x @ p.w_x
    y, h = p.d * u, np.array(state.h)
    for j in range(cell.hidden):
        a = -np.exp(p.a_log[j]) + 1j * p.a_im[j]
        decay, gain = (exact if cell.discretisation is zoh else trapezoidal)(a, np.exp(p.log_dt[j]))
        h[j] = decay * h[j] + gain * u[j]
        y[j] += 2 * sum((p.c_re[j] + 1j * p.c_im[j]) * h[j]).real
    return (h,), y


@pytest.mark.parametrize("discretisation", [zoh, bilinear])
def test_the_equations_of_s4d(discretisation):
    follows(S4D(3, state_dim=4, discretisation=discretisation), s4d_step)


@pytest.mark.parametrize(
    ("discretisation", "expected"),
    [
        (zoh, [0.35132806596337, 0.08399490249264, 0.75436699401487]),
        (bilinear, [0.34887625711962, 0.08322717341156, 0.74962091478513]),
    ],
)
def test_the_references_numbers_of_s4d(x64, discretisation, expected):
    params = S4DParams(
        w_x=np.eye(1),
        log_dt=np.log([0.1]),
        a_log=np.log([[0.5, 0.5]]),
        a_im=np.array([[0, np.pi]]),
        c_re=np.array([[1, 0.5]]),
        c_im=np.array([[1, -2.0]]),
        d=np.zeros(1),
    )
    cell = S4D(1, state_dim=4, discretisation=discretisation)
    xs = np.array([[1.0], [-1], [2]])
    _, ys = unroll.scan(cell, params, cell.initial_state(params), xs)
    np.testing.assert_allclose(ys[:, 0], expected, atol=5e-15)


def test_spectra_at_the_start():
    np.testing.assert_allclose(s4d_legs(1), [-0.5 + 0.866025403784j], atol=1e-12)
    np.testing.assert_allclose(s4d_legs(2).imag, [0.556501115084, 4.603293007067], atol=1e-12)
    # By a general solver, of all the matrix.
    n = np.arange(6)
    legs = -np.tril(np.sqrt(np.outer(2 * n + 1, 2 * n + 1)), -1) - np.diag(n + 1)
    normal = legs + np.sqrt(np.outer(n + 0.5, n + 0.5))
    eigenvalues = np.linalg.eigvals(normal)
    found = s4d_legs(3)
    np.testing.assert_allclose(sorted(eigenvalues[eigenvalues.imag > 0].imag), found.imag)
    half, vectors = hippo_normal(6)
    both = np.concatenate([vectors, vectors.conj()], 1)
    rebuilt = both @ np.diag([*half, *half.conj()]) @ both.conj().T
    np.testing.assert_allclose(rebuilt, normal, atol=1e-13)
    for cell, spectrum in (
        (S4D(2, state_dim=6), np.array([-0.5, -0.5 + np.pi * 1j, -0.5 + 2j * np.pi])),
        (S4D(2, state_dim=6, spectrum=s4d_inv), -0.5 + 6j / np.pi * np.array([5, 1, 0.2])),
        (S4D(2, state_dim=6, spectrum=s4d_real), np.array([-1, -2, -3])),
        (S4D(2, state_dim=6, spectrum=s4d_legs), found),
    ):
        params = cell.init(jax.random.key(0), 1)
        for row in range(2):
            a = -np.exp(params.a_log[row]) + 1j * params.a_im[row]
            np.testing.assert_allclose(a, spectrum, rtol=1e-5, atol=1e-6)


def test_zoh_of_an_integrator_is_a_sum():
    decay, gain = zoh(jnp.array([0j, -1e-9]), jnp.array([0.5, 0.5]))
    np.testing.assert_allclose(decay, 1, rtol=1e-6)
    np.testing.assert_allclose(gain, 0.5, rtol=1e-6)


def s5_step(cell, p, state, x):
    decay, gain = exact(p.lambda_re + 1j * p.lambda_im, np.exp(p.log_dt))
    h = decay * state.h + gain * (x @ (p.b_re + 1j * p.b_im))
    return (h,), 2 * (h @ (p.c_re + 1j * p.c_im)).real + x @ p.d


def test_the_equations_of_s5():
    follows(S5(3, state_dim=4), s5_step)


def test_s5_starts_as_real_systems_of_hippo_side_by_side(x64):
    cell = S5(2, state_dim=12, blocks=2)
    params = cell.init(jax.random.key(0), 3)
    # A real system has the same answer to an impulse, whatever its basis: real(b lambda^n c).
    half, vectors = hippo_normal(6)
    np.testing.assert_allclose(params.lambda_im, np.tile(half.imag, 2), rtol=1e-6)
    b, c = params.b_re + 1j * params.b_im, params.c_re + 1j * params.c_im
    together = np.kron(np.eye(2), vectors)
    b_real = 2 * np.real(b @ together.T)  # b conj(V) V^T + its conjugate, of all eigenvectors
    np.testing.assert_allclose(b_real @ together.conj(), b, atol=1e-12)
    assert np.std(b_real) == pytest.approx(12**-0.5, rel=0.4)
    c_whole = together.conj() @ c
    np.testing.assert_allclose(together.T @ c_whole, c, atol=1e-12)


def test_an_s4d_is_an_s5_of_features_that_do_not_meet(x64):
    s4d, s5 = S4D(2, state_dim=4), S5(2, state_dim=8)
    p = s4d.init(jax.random.key(0), 3)
    apart = np.kron(np.eye(2), np.ones((1, 2)))  # feature by number
    same = S5Params(
        lambda_re=-np.exp(p.a_log).ravel(),
        lambda_im=p.a_im.ravel(),
        log_dt=np.repeat(p.log_dt, 2),
        b_re=p.w_x @ apart,
        b_im=np.zeros((3, 4)),
        c_re=apart.T * p.c_re.reshape(-1, 1),
        c_im=apart.T * p.c_im.reshape(-1, 1),
        d=p.w_x * p.d[None],
    )
    xs = np.random.default_rng(0).normal(size=(5, 3))
    _, expected = unroll.scan(s4d, p, s4d.initial_state(p), xs)
    _, ys = unroll.scan(s5, same, s5.initial_state(same), xs)
    np.testing.assert_allclose(ys, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "fields", "message"),
    [
        (S4D, {"state_dim": 3}, "state_dim must be even"),
        (S4D, {"dt_min": 0.2}, "needs 0 < dt_min < dt_max"),
        (S5, {"state_dim": 3}, "state_dim must be a multiple of 2 blocks"),
        (S5, {"blocks": 2}, "state_dim must be a multiple of 2 blocks"),
        (S5, {"state_dim": 0}, "state_dim must be a whole number of 1 or more"),
        (S5, {"dt_max": 0.0}, "needs 0 < dt_min < dt_max"),
    ],
)
def test_impossible_numbers_are_refused(make, fields, message):
    with pytest.raises(ValueError, match=message):
        make(3, **fields)


def test_frequencies_of_s4d_lin():
    np.testing.assert_allclose(s4d_lin(3).imag, [0, np.pi, 2 * np.pi])
