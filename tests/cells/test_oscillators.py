"""CoRNN, HCoRNN and UnICORNN."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import CoRNN, Elman, Glorot, HCoRNN, UnICORNN
from rnnjax.cells.gated.fastrnn import ones
from rnnjax.cells.leaky.oscillators import OscillatorState
from tests.cells.loops import XS, follows, sigmoid
from tests.laws.draws import params_of, state_of

TINY = np.array([[1.0], [-0.5]])
V, B = np.array([[1.0, -1]]), np.array([0.1, 0.2])
W, WC = np.array([[0.5, -0.2], [0.1, 0.3]]), np.array([[0.2, 0.4], [-0.3, 0.1]])
ZERO = OscillatorState(np.zeros(2), np.zeros(2))


def co_step(cell, p, state, x):
    y, z = state
    w_y, w_z = p.w_h[: cell.hidden], p.w_h[cell.hidden :]
    force = np.tanh(y @ w_y + z @ w_z + x @ p.w_x + p.b) - cell.gamma * y
    if cell.implicit:
        z = (z + cell.dt * force) / (1 + cell.dt * cell.epsilon)
    else:
        z = z + cell.dt * (force - cell.epsilon * z)
    return (y + cell.dt * z, z), y + cell.dt * z


def hco_step(cell, p, state, x):
    y, z = state
    force = np.tanh(y @ p.w_h + x @ p.w_x + p.b) - p.gamma * y - p.epsilon * z
    z = z + cell.dt * force
    return (y + cell.dt * z, z), y + cell.dt * z


def uni_step(cell, p, state, x):
    y, z = state
    d = cell.dt * sigmoid(p.c)
    z = z - d * (np.tanh(p.w_h * y + x @ p.w_x + p.b) + cell.alpha * y)
    return (y + d * z, z), y + d * z


@pytest.mark.parametrize("implicit", [False, True])
def test_cornn_follows_the_papers_equations(implicit):
    follows(CoRNN(3, dt=0.3, implicit=implicit), co_step)


def test_so_do_hcornn_and_unicornn():
    follows(HCoRNN(3, dt=0.2), hco_step)
    follows(UnICORNN(3, dt=0.3, alpha=0.9), uni_step)


@pytest.mark.parametrize(
    ("implicit", "y", "z"),
    [
        (False, [0.010830334746, -0.005672909618], [0.028253445283, 0.009674580844]),
        (True, [0.009216409004, -0.004944457237], [0.025455838228, 0.005891825157]),
    ],
)
def test_the_references_numbers_of_cornn(x64, implicit, y, z):
    cell = CoRNN(2, dt=0.1, gamma=1.5, epsilon=2.0, implicit=implicit)
    params = cell.params_type(V, np.concatenate([W, WC]), B)
    final, _ = unroll.scan(cell, params, ZERO, TINY)
    np.testing.assert_allclose(final.y, y, rtol=1e-9)
    np.testing.assert_allclose(final.z, z, rtol=1e-9)


def test_the_references_numbers_of_unicornn(x64):
    cell = UnICORNN(2, dt=0.2, alpha=0.9)
    params = cell.params_type(V, np.array([0.4, 0.8]), B, np.array([0.05, -0.1]))
    final, _ = unroll.scan(cell, params, ZERO, TINY)
    np.testing.assert_allclose(final.y, [-0.01271879168, 0.006455941007], rtol=1e-9)
    np.testing.assert_allclose(final.z, [-0.042035669943, 0.004868039053], rtol=1e-9)


def test_cornn_without_force_and_damping_keeps_its_energy(x64):
    cell = CoRNN(3, dt=0.3, gamma=1.5, epsilon=0.0)
    params = jax.tree.map(np.zeros_like, params_of(cell))
    start = state_of(cell)

    def energy(y, z):
        return cell.gamma * y**2 + z**2 - cell.dt * cell.gamma * y * z

    def step(state, x_t):
        state, _ = cell.step(params, state, x_t)
        return state, energy(*state)

    _, energies = jax.lax.scan(step, start, np.zeros((50, 2)))
    np.testing.assert_allclose(energies, np.tile(energy(*start), (50, 1)), rtol=1e-13)


def test_hcornn_is_a_cornn_whose_units_do_not_see_velocities():
    cornn, cell = CoRNN(3), HCoRNN(3, gamma_range=0.0, epsilon_range=0.0)
    params = cell.init(jax.random.key(0), 2)
    _, ys = unroll.scan(cell, params, state_of(cell), XS)
    w_h = np.concatenate([params.w_h, np.zeros((3, 3))])
    _, expected = unroll.scan(
        cornn, cornn.params_type(params.w_x, w_h, params.b), state_of(cell), XS
    )
    np.testing.assert_allclose(ys, expected, rtol=1e-5)


def test_hcornn_draws_frequencies_and_dampings_within_their_ranges():
    cell = HCoRNN(200, gamma=2.0, gamma_range=1.0, epsilon=3.0, epsilon_range=4.0)
    params = cell.init(jax.random.key(0), 2)
    for vector, low, high in ((params.gamma, 1.5, 2.5), (params.epsilon, 1.0, 5.0)):
        assert low <= vector.min() < low + 0.1
        assert high - 0.1 < vector.max() <= high


@pytest.mark.parametrize(
    ("cell", "bounds"),
    [
        (CoRNN(100), dict.fromkeys(("w_x", "w_h", "b"), 225**-0.5)),
        (HCoRNN(100), {"w_x": 0.2, "w_h": 0.1, "b": 0.2}),
        (UnICORNN(100), {"w_x": 0.2 * np.sqrt(6 / 65), "b": 0.0}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_weights_start_evenly_within_the_authors_bounds(cell, bounds):
    params = cell.init(jax.random.key(0), 25)
    for name, bound in bounds.items():
        w = np.asarray(getattr(params, name))
        assert -bound <= w.min() <= -0.95 * bound
        assert 0.95 * bound <= w.max() <= bound


def test_other_initializers_decide_on_weights_and_biases():
    given = {"input_init": Glorot(), "recurrent_init": Glorot(), "bias_init": ones}
    for cell in (CoRNN(3, **given), HCoRNN(3, **given)):
        params, drawn = (c.init(jax.random.key(0), 2) for c in (cell, Elman(3, **given)))
        np.testing.assert_array_equal(params.w_x, drawn.w_x)
        np.testing.assert_array_equal(params.b, 1)
        assert abs(params.w_h).max() <= 1


def test_steps_of_unicornn_are_taken_back(x64):
    cell = UnICORNN(3)
    params, start = params_of(cell), state_of(cell)
    xs = np.random.default_rng(0).normal(size=(1000, 2))
    d = cell.dt * jax.nn.sigmoid(params.c)

    def back(state, x_t):
        y = state.y - d * state.z
        force = jnp.tanh(params.w_h * y + x_t @ params.w_x + params.b) + cell.alpha * y
        return OscillatorState(y, state.z + d * force), None

    final, _ = unroll.scan(cell, params, start, xs)
    state, _ = jax.lax.scan(back, final, xs, reverse=True)
    for leaf, expected in zip(state, start, strict=True):
        np.testing.assert_allclose(leaf, expected, rtol=1e-9, atol=1e-10)


def test_the_energy_of_unicornn_is_off_by_the_size_of_a_step_and_does_not_drift(x64):
    w, drive = np.array([0.4, 0.8]), 0.5 * V[0] + B

    def errors(dt):
        cell = UnICORNN(2, dt=dt, alpha=0.9)
        params = cell.params_type(V, w, B, np.zeros(2))
        start = OscillatorState(np.array([0.5, -0.3]), np.array([0.1, 0.2]))
        _, states = jax.lax.scan(
            lambda state, x_t: (cell.step(params, state, x_t)[0], state),
            start,
            np.full((int(400 / dt), 1), 0.5),
        )
        y, z = map(np.asarray, states)
        energy = (cell.alpha * y**2 + z**2) / 2 + np.log(np.cosh(w * y + drive)) / w
        return abs(energy - energy[0]).max(axis=1)

    coarse, fine = errors(0.1), errors(0.05)
    assert 1.8 < coarse.max() / fine.max() < 2.2
    assert coarse[len(coarse) // 2 :].max() < 1.01 * coarse[: len(coarse) // 2].max()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CoRNN(3, dt=0.5, epsilon=4.0), "epsilon must be below 2 / dt"),
        (lambda: CoRNN(3, gamma=-1.0), "gamma must be 0 or more"),
        (lambda: CoRNN(3, dt=0.0, implicit=True), "dt must be above 0"),
        (lambda: HCoRNN(3, gamma=1.0), "gamma_range must be between 0 and 2.0"),
        (lambda: HCoRNN(3, dt=0.3), "epsilon and half its range must be below"),
        (lambda: HCoRNN(3, dt=0.0), "dt must be above 0"),
        (lambda: UnICORNN(3, dt=-1.0), "dt must be above 0"),
        (lambda: UnICORNN(3, alpha=-1.0), "alpha must be 0 or more"),
    ],
)
def test_impossible_numbers_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
