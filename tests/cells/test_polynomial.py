"""LMU and LegS, and the polynomials that they remember by."""

import jax
import numpy as np
import pytest
from numpy.polynomial import Legendre

from rnnjax import unroll
from rnnjax.cells import LMU, LegS
from rnnjax.cells.polynomial.legendre import basis, held
from tests.cells.loops import follows
from tests.laws.draws import params_of


def exponential(a):
    """Returns the exponential of a matrix, by its eigenvalues."""
    values, vectors = np.linalg.eig(a.astype(complex))
    return (vectors * np.exp(values)) @ np.linalg.inv(vectors)


def memory(order, theta):
    """Returns the discrete system of the LMU."""
    a, b = np.zeros((order, order)), np.zeros(order)
    for i in range(order):
        b[i] = (2 * i + 1) * (-1) ** i / theta
        for j in range(order):
            a[i, j] = (2 * i + 1) / theta * (-1 if i < j else (-1) ** (i - j + 1))
    after = exponential(a).real
    return after, np.linalg.solve(a, (after - np.eye(order)) @ b)


def lmu_step(cell, p, state, x):
    a, b = memory(cell.order, cell.theta)
    h, m = state
    m = m @ a.T + (x @ p.e_x + h @ p.e_h + m @ p.e_m) * b
    h = np.tanh(x @ p.w_x + h @ p.w_h + m @ p.w_m)
    return (h, m), h


def test_lmu_follows_the_papers_equations():
    follows(LMU(3, order=4, theta=7.0), lmu_step)


def test_the_references_numbers_of_lmu():
    a, b = held(2, 4.0)
    expected = [[0.717509064813, -0.148493336253], [0.445480008758, 0.420522392307]]
    np.testing.assert_allclose(a, expected, rtol=1e-11)
    np.testing.assert_allclose(b, [0.282490935187, -0.445480008758], rtol=1e-11)


def test_a_constant_is_remembered_as_itself_at_any_order():
    for order, theta in ((3, 2.0), (256, 784.0)):
        a, b = held(order, theta)
        constant = np.eye(order)[0]
        np.testing.assert_allclose(a @ constant + b, constant, atol=1e-10)


def test_an_untrained_lmu_tells_what_was_a_while_ago(x64):
    cell = LMU(1, order=12, theta=50.0)
    params = cell.init(jax.random.key(0), 1)
    params = params._replace(e_x=np.ones(1), e_h=np.zeros(1))

    def signal(t):
        return np.sin(2 * np.pi * t / 37) + 0.5 * np.cos(2 * np.pi * t / 61)

    times = np.arange(400)
    final, _ = unroll.scan(cell, params, cell.initial_state(params), signal(times)[:, None])
    for r in (0.0, 0.25, 0.5, 0.9, 1.0):
        found = Legendre(np.asarray(final.m))(2 * r - 1)
        # A number is held from half a step before its time to half a step after it.
        np.testing.assert_allclose(found, signal(times[-1] + 0.5 - r * cell.theta), atol=0.02)


def test_the_polynomials_are_those_of_legendre(x64):
    places = np.linspace(0, 1, 7)
    expected = [np.sqrt(2 * n + 1) * Legendre.basis(n)(2 * places - 1) for n in range(9)]
    np.testing.assert_allclose(basis(9, places), expected, rtol=1e-12, atol=1e-12)


def coefficients(order, x):
    """Returns a series' projections after each step, `[T, N]`, from integrals of polynomials."""
    rows = []
    for t in range(1, len(x) + 1):
        edges = 2 * np.arange(t + 1) / t - 1
        parts = [np.diff(Legendre.basis(n).integ()(edges)) / 2 for n in range(order)]
        rows.append([np.sqrt(2 * n + 1) * parts[n] @ x[:t] for n in range(order)])
    return np.array(rows)


def states_of_legs(cell, xs):
    """Returns the coefficients after each step, `[T, D, N]`."""
    params = params_of(cell)

    def step(state, x_t):
        state, y_t = cell.step(params, state, x_t)
        return state, (state.c, y_t)

    _, (found, ys) = jax.lax.scan(step, cell.initial_state(params), xs)
    expected = found.reshape(len(xs), -1) @ params.w_c + params.b[None]
    np.testing.assert_allclose(ys, expected, rtol=1e-9)
    return np.asarray(found)


def test_legs_projects_each_input_on_polynomials_over_its_past(x64):
    xs = np.random.default_rng(0).normal(size=(6, 2))
    found = states_of_legs(LegS(3, order=5), xs)
    for i in range(2):
        np.testing.assert_allclose(found[:, i], coefficients(5, xs[:, i]), atol=1e-12)
    np.testing.assert_allclose(found[-1, :, 0], xs.mean(axis=0), rtol=1e-12)


def test_legs_solves_the_papers_equation(x64):
    order = 4
    n, k = np.indices((order, order))
    below = -np.sqrt((2 * n + 1) * (2 * k + 1.0))
    a = np.where(n > k, below, np.where(n == k, -(n + 1.0), 0))
    b = np.sqrt(2 * np.arange(order) + 1)
    xs = np.random.default_rng(1).normal(size=(6, 2))
    c, found = np.outer(b, xs[0] * 0), states_of_legs(LegS(3, order=order), xs)
    c[0] = xs[0]
    for t in range(1, len(xs)):
        kept = exponential(a * np.log((t + 1) / t)).real
        c = kept @ c + np.linalg.solve(a, (kept - np.eye(order)) @ b)[:, None] * xs[t]
        np.testing.assert_allclose(found[t], c.T, atol=1e-12)


def test_a_function_is_found_again_from_its_coefficients(x64):
    cell, times = LegS(1, order=16), np.arange(500)
    params = cell.init(jax.random.key(0), 1)
    f = np.exp(-((times - 200) ** 2) / 8000) + 0.3 * np.sin(times / 40)
    final, _ = unroll.scan(cell, params, cell.initial_state(params), f[:, None])
    assert final.t == 500
    c = np.asarray(final.c)[0] * np.sqrt(2 * np.arange(16) + 1)
    np.testing.assert_allclose(Legendre(c)(2 * (times + 0.5) / 500 - 1), f, atol=0.01)


def test_windows_of_no_length_are_refused():
    with pytest.raises(ValueError, match="theta must be above 0"):
        LMU(3, theta=0.0)
