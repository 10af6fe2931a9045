"""The systems: numbers that others have, equations by another solver, what is invariant."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.tasks import (
    FitzHughNagumo,
    Henon,
    KuramotoSivashinsky,
    Logistic,
    Lorenz,
    Lorenz96,
    Roessler,
)
from tests.full import full
from tests.tasks.compiled import sample

B = 128
SYSTEMS = [
    Henon(observed=None),
    Logistic(),
    Logistic(rate=3.9),
    Lorenz(),
    Roessler(),
    Lorenz96(),
    FitzHughNagumo(observed=None),
    KuramotoSivashinsky(),
]
every_system = pytest.mark.parametrize("task", SYSTEMS, ids=repr)


@functools.cache
def drawn(task):
    """Returns sequences of a system, `[T, B, coordinates]`, in the units of its equations."""
    inputs = np.asarray(sample(task, B).inputs, float)
    return inputs * np.array(task.std) + np.array(task.mean)


def orbit(task, state, steps):
    return np.asarray(jax.jit(lambda state: task.trajectory(state, steps))(jnp.array(state)))


def wave(task):
    """Returns a smooth first state, the one of Kassam and Trefethen in units of the domain."""
    x = 2 * np.pi * np.arange(task.points) / task.points
    scale = 1 if task.domain == 22 else task.domain / (32 * np.pi)  # there a wave is one sixteenth
    return np.cos(x * scale) * (1 + np.sin(x * scale))


@pytest.mark.parametrize(
    ("task", "start", "at", "wanted"),
    [
        (Henon(), (0, 0), slice(1, 5), [1, -0.4, 1.076, -0.7408864]),
        (Logistic(3), (0.5,), slice(0, 4), [0.5, 1, 0, 0]),
        (Lorenz(step=0.01, substeps=1), (1, 1, 1), 100, [-9.37861581, -8.35705996, 29.36240375]),
        (Lorenz(step=0.01, substeps=10), (1, 1, 1), 100, [-9.37857001, -8.35703379, 29.36232533]),
        (
            Lorenz96(places=5),
            (8.01, 8, 8, 8, 8),
            100,
            [2.97778132, 6.72662844, -4.11939729, -3.18158245, -0.22677072],
        ),
        (FitzHughNagumo(), (0, 0), 25, [1.77308806, 0.4347479]),
        (FitzHughNagumo(), (0, 0), 250, [-1.2130174, -0.13457344]),
    ],
    ids=str,
)
def test_orbits_pass_through_known_points(x64, task, start, at, wanted):
    states = orbit(task, np.array(start, float), 251)[at]
    found = states[:, 0] if isinstance(at, slice) else states
    accuracy = 2e-6 if isinstance(task, FitzHughNagumo) else 6e-9
    np.testing.assert_allclose(found, wanted, atol=accuracy)


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        (KuramotoSivashinsky(), [-1.26140055, -1.06275063]),
        (KuramotoSivashinsky(points=128, domain=32 * np.pi), [0.5879488, 0.62142316]),
    ],
    ids=repr,
)
def test_a_flame_is_after_ten_units_of_time_where_it_is_known_to_be(x64, task, wanted):
    first = task.state_of(jnp.array(wave(task)))
    np.testing.assert_allclose(orbit(task, first, 41)[40, :2], wanted, atol=6e-9)


def right_hand_side(task, s):
    """Returns the derivative of states `[..., coordinates]`, written as the papers do."""
    if isinstance(task, Lorenz):
        x, y, z = np.moveaxis(s, -1, 0)
        return np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], -1)
    if isinstance(task, Roessler):
        x, y, z = np.moveaxis(s, -1, 0)
        return np.stack([-y - z, x + 0.2 * y, 0.2 + z * (x - 5.7)], -1)
    if isinstance(task, FitzHughNagumo):
        v, w = np.moveaxis(s, -1, 0)
        return np.stack([v - v**3 / 3 - w + 0.5, (v + 0.7 - 0.8 * w) / 50], -1)
    if isinstance(task, Lorenz96):
        after, before, two_before = (np.roll(s, n, -1) for n in (-1, 1, 2))
        return (after - two_before) * before - s + 8
    k = 2j * np.pi / 22 * np.arange(33)
    waves, squares = np.fft.rfft(s), np.fft.rfft(s**2)
    return np.fft.irfft(-(k**2 + k**4) * waves - (k * (np.arange(33) < 32)) * squares / 2, 64)


def one_later(task, s):
    """Returns the states after `s` by the midpoint rule in many steps, or by a map's formula."""
    if isinstance(task, Henon):
        x, y = np.moveaxis(s, -1, 0)
        return np.stack([1 - 1.4 * x**2 + y, 0.3 * x], -1)
    if isinstance(task, Logistic):
        return task.rate * s * (1 - s)
    parts = 1500 if isinstance(task, KuramotoSivashinsky) else 500
    h = task.step / parts
    for _ in range(parts):
        s = s + h * right_hand_side(task, s + h / 2 * right_hand_side(task, s))
    return s


def errors_of(task):
    """Returns by how many standard deviations values are off what follows from those before."""
    states = drawn(task)[:, :9]
    ones = np.arange(0, len(states) - 1, len(states) // 4)
    return np.abs(one_later(task, states[ones]) - states[ones + 1]) / states.std()


def bound_of(task):
    return {Lorenz96: 4e-4, KuramotoSivashinsky: 1e-4}.get(type(task), 1e-5)


@every_system
def test_each_value_follows_from_the_one_before_by_the_equations(task):
    error = errors_of(task)
    assert np.sqrt((error**2).mean()) < bound_of(task)
    assert error.max() < 30 * bound_of(task)
    assert drawn(task).std(0).mean(-1).min() > 0.1 * drawn(task).std()  # and they move


@pytest.mark.parametrize("task", [Lorenz(beta=2.66), Lorenz96(forcing=8.1)], ids=repr)
def test_other_equations_are_told_from_these(task):
    assert np.sqrt((errors_of(task) ** 2).mean()) > 2 * bound_of(task)


@every_system
def test_series_have_mean_zero_and_variance_one(task):
    if isinstance(task, FitzHughNagumo):
        assert (task.mean, task.std) == ((0.0,), (1.0,))
        return
    if task == Logistic(rate=3.9):
        return  # measured in the units of rate 4
    values = np.asarray(sample(task, B).inputs, float)
    assert values.shape == (task.length, B, task.coordinates)
    axes = (0, 1) if values.shape[-1] < 4 else (0, 1, 2)
    assert np.abs(values.mean(axes)).max() < 0.12
    assert np.abs(values.std(axes) - 1).max() < 0.05
    # The transient is over at the first step.
    assert np.abs(values[:20].std() - 1) < 0.15
    # No two sequences are alike.
    apart = np.abs(values[:, :1] - values[:, 1:]).max(0)
    assert apart.min(-1).min() > 0.5


def balance(task, gained, held):
    """Returns the mean of what is gained less the change of what is held, by sequence."""
    mean = (gained[1:] + gained[:-1]).mean(0) / 2
    return mean - (held[-1] - held[0]) / (task.step * (len(held) - 1))


def test_what_lorenz_equations_hold_changes_by_what_they_gain():
    task = Lorenz()
    x, y, z = np.moveaxis(drawn(task), -1, 0)
    assert np.abs(balance(task, x * y - 8 / 3 * z, z)).max() < 0.1  # of 62
    assert np.abs(balance(task, 20 * (x * y - x**2), x**2)).max() < 2  # of 1250
    assert (x * y).mean() == pytest.approx(8 / 3 * 23.55, rel=0.01)


def test_what_roesslers_equations_hold_changes_by_what_they_gain():
    task = Roessler()
    x, y, z = np.moveaxis(drawn(task), -1, 0)
    assert np.abs(balance(task, -y - z, x)).max() < 0.02
    assert np.abs(balance(task, x + 0.2 * y, y)).max() < 0.02


def test_the_mean_square_of_lorenz_96_is_the_force_times_the_mean():
    task = Lorenz96()
    x = drawn(task)
    assert np.abs(balance(task, (8 * x - x**2).mean(-1), (x**2).mean(-1) / 2)).max() < 0.05  # of 19
    assert (x**2).mean() == pytest.approx(8 * x.mean(), rel=0.005)
    assert x.mean() == pytest.approx(2.344, abs=0.03)


def test_the_mean_of_a_flame_is_zero_and_its_growth_is_what_it_dissipates():
    u = drawn(KuramotoSivashinsky())
    assert np.abs(u.mean(-1)).max() < 1e-5
    k = 2j * np.pi / 22 * np.arange(33)
    first, second = (np.fft.irfft(k**n * np.fft.rfft(u), 64) for n in (1, 2))
    assert (first**2).mean() == pytest.approx((second**2).mean(), rel=0.01)
    assert (first**2).mean() == pytest.approx(0.9137, rel=0.02)


def test_a_flame_burns_for_long():
    """Its coefficients stay those of a real wave: with complex ones it dies at t = 175."""
    task = KuramotoSivashinsky(step=2.5, substeps=10)
    last = orbit(task, task.state_of(jnp.array(wave(task))), 800)[-1]
    assert np.abs(last).max() < 4
    assert np.abs(last.mean()) < 1e-5


def test_henons_map_and_the_logistic_map_have_their_moments():
    x, y = np.moveaxis(drawn(Henon(observed=None)), -1, 0)
    assert x.mean() == pytest.approx(1 - 1.4 * (x**2).mean() + y.mean(), abs=0.002)
    x = drawn(Logistic())
    share = np.histogram(x, bins=4, range=(0, 1))[0] / x.size
    np.testing.assert_allclose(share, [1 / 3, 1 / 6, 1 / 6, 1 / 3], atol=0.01)


def test_no_orbit_of_the_logistic_map_dies():
    task = Logistic(length=1000)
    plain = jax.jit(jax.vmap(lambda x: task.trajectory(x, 1100)[-1, 0]))
    assert (plain(jax.random.uniform(jax.random.key(0), (B, 1))) == 0).any()
    x = (np.asarray(sample(task, B).inputs) * 8**-0.5 + 0.5)[..., 0]
    assert x[-2:].max(0).min() > 0


def test_a_neuron_fires_every_122_units_of_time():
    v = orbit(FitzHughNagumo(), (0.0, 0.0), 3000)[:, 0]
    up = np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0))
    times = 0.4 * (up + v[up] / (v[up] - v[up + 1]))
    np.testing.assert_allclose(np.diff(times[1:]), 122.11, atol=0.02)
    task = FitzHughNagumo()
    x = np.asarray(sample(task, B).inputs)[..., 0]
    assert np.abs(x[0]).max() < 1
    assert x[0].std() == pytest.approx(3**-0.5, rel=0.15)


def test_what_repeats_the_present_errs_in_the_potential_by_what_is_known():
    batch = sample(FitzHughNagumo(), B)
    x, y = np.asarray(batch.inputs)[..., 0], np.asarray(batch.targets)[..., 0]
    assert x.std() == pytest.approx(1.480, abs=0.01)
    assert ((y - x) ** 2).mean() ** 0.5 == pytest.approx(0.0787, abs=0.001)
    assert ((y[1:] - 2 * x[1:] + x[:-1]) ** 2).mean() ** 0.5 == pytest.approx(0.0284, abs=0.001)


@pytest.mark.parametrize(
    ("task", "wanted", "within"),
    [
        (Henon(), 0.4209, 0.01),
        full(Logistic(), np.log(2), 0.01),
        full(Logistic(rate=3.9), 0.496, 0.01),
        full(Lorenz(), 0.904, 0.03),
        full(Roessler(), 0.0714, 0.006),
        full(Lorenz96(), 1.69, 0.06),
        full(KuramotoSivashinsky(), 0.0477, 0.006),
    ],
    ids=repr,
)
def test_errors_grow_at_the_largest_exponent(x64, task, wanted, within):
    """Of tangents of many orbits, as the derivative of `advance` carries them."""
    found = exponents(task)
    time = getattr(task, "step", 1)
    assert found / time == pytest.approx(wanted, abs=within)


@functools.partial(jax.jit, static_argnums=0)
def exponents(task):
    def body(carry, _):
        state, tangent = jax.jvp(task.advance, (carry[0],), (carry[1],))
        size = jnp.linalg.norm(tangent)
        return (state, tangent / size), jnp.log(size)

    def one(key):
        on = jax.lax.fori_loop(0, task.transient, lambda _, s: task.advance(s), task.start(key))
        carry, _ = jax.lax.scan(body, (on, jnp.ones_like(on)), length=200)
        return jax.lax.scan(body, carry, length=1000)[1].mean()

    return jax.vmap(one)(jax.random.split(jax.random.key(0), 64)).mean()


def test_volumes_shrink_as_the_exponents_sum():
    slopes = jax.jit(jax.jacfwd(Lorenz().velocity))(jnp.array([1.0, -2.0, 20.0]))
    assert np.trace(slopes) == pytest.approx(-(10 + 1 + 8 / 3))
    slopes = jax.jit(jax.jacfwd(Henon().advance))(jnp.array([0.3, 0.2]))
    assert np.log(np.abs(np.linalg.det(slopes))) == pytest.approx(-1.20397, abs=1e-5)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Henon(transient=-1), "transient must be 0 or more"),
        (lambda: Henon(observed=3), "observed must be from 1 to 2"),
        (lambda: Lorenz(observed=0), "observed must be from 1 to 3"),
        (lambda: Lorenz(step=0.0), "step must be positive"),
        (lambda: Roessler(substeps=0), "substeps must be 1 or more"),
        (lambda: Lorenz96(places=3), "places must be 4 or more"),
        (lambda: Logistic(rate=4.1), "rate must be above 1 and at most 4"),
        (lambda: Logistic(rate=0.5), "rate must be above 1 and at most 4"),
        (lambda: KuramotoSivashinsky(points=33), "points must be even"),
        (lambda: KuramotoSivashinsky(points=6), "points must be 8 or more"),
        (lambda: KuramotoSivashinsky(domain=0.0), "domain and step must be positive"),
    ],
)
def test_what_cannot_be_solved_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
