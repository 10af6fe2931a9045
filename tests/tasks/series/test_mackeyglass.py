import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.tasks import MackeyGlass
from tests.full import full
from tests.tasks.compiled import sample

PLAIN = MackeyGlass(squashed=False)


def orbit(task, history, steps):
    return np.asarray(jax.jit(lambda h: task.trajectory(h, steps))(jnp.array(history)))


def by_euler(history, steps, delay, substeps):
    """Returns x at whole times, in a loop over a list of all that was."""
    xs = list(map(float, history))
    for _ in range(steps * substeps):
        late = xs[-1 - delay * substeps]
        xs.append(xs[-1] + (0.2 * late / (1 + late**10) - 0.1 * xs[-1]) / substeps)
    return np.array(xs[len(history) :][substeps - 1 :: substeps])


def test_jaegers_series_has_its_known_values(x64):
    x = orbit(PLAIN, np.full(PLAIN.held, 1.2), 100)
    wanted = [1.117167754547027, 1.042255756526629, 0.6508041800558029, 1.025480740477626]
    np.testing.assert_allclose(x[[0, 1, 9, 99]], wanted, rtol=0, atol=2e-14)
    assert np.tanh(x[9] - 1) == pytest.approx(-0.33566216, abs=5e-9)


@pytest.mark.parametrize(("delay", "substeps"), [(17, 10), (30, 10), (17, 1), (1, 3), (2, 1)])
def test_blocks_of_steps_are_those_of_a_loop(x64, delay, substeps):
    task = MackeyGlass(delay=delay, substeps=substeps, squashed=False)
    history = 1.2 + np.random.default_rng(0).uniform(-0.1, 0.1, task.held)
    wanted = by_euler(history, 60, delay, substeps)
    np.testing.assert_allclose(orbit(task, history, 60), wanted, rtol=1e-12)


def test_the_runge_kutta_method_solves_the_equation(x64):
    """Up to the delay what is made is constant and x goes to its tenfold exponentially.

    Up to twice the delay it is known, and x an integral, here by Simpson's rule.
    """
    task = MackeyGlass(order=4, squashed=False)
    made = 0.2 * 1.2 / (1 + 1.2**10)

    def early(t):
        return 10 * made + (1.2 - 10 * made) * np.exp(-0.1 * t)

    t = np.linspace(0, 17, 3401)
    late = early(t)
    inside = np.exp(-0.1 * (17 - t)) * 0.2 * late / (1 + late**10)
    simpson = (inside[0] + inside[-1] + 4 * inside[1::2].sum() + 2 * inside[2:-1:2].sum()) / 600
    x = orbit(task, np.full(task.held, 1.2), 34)
    np.testing.assert_allclose(x[:16], early(np.arange(1, 17)), atol=1e-10)
    # The bend of x at 0 is not a cubic polynomial, as which x is read between two steps.
    assert x[16] == pytest.approx(early(17), abs=1e-5)
    assert x[33] == pytest.approx(early(17) * np.exp(-1.7) + simpson, abs=1e-5)


@functools.cache
def drawn(delay):
    task = MackeyGlass(1000, delay=delay, order=4, squashed=False)
    return np.asarray(sample(task, 1024).inputs, float)[..., 0]


@pytest.mark.parametrize(("delay", "mean", "std"), [(17, 0.930, 0.226), (30, 0.896, 0.281)])
def test_the_equation_has_its_moments_and_loses_what_it_makes(delay, mean, std):
    x = drawn(delay)
    assert (x.mean(), x.std()) == (pytest.approx(mean, abs=3e-3), pytest.approx(std, abs=3e-3))
    assert 0.1 * x.mean() == pytest.approx((0.2 * x / (1 + x**10)).mean(), rel=2e-3)


def test_voelkers_form_has_mean_zero_and_its_error_of_a_copy():
    task = MackeyGlass(1000, ahead=15, transient=100, mean=-0.066)
    batch = sample(task, 128)
    x, y = np.asarray(batch.inputs, float), np.asarray(batch.targets, float)
    np.testing.assert_array_equal(x[15:], y[:-15])
    assert y.mean() == pytest.approx(0, abs=2e-3)
    assert y.std() == pytest.approx(0.2160, abs=1e-3)
    copied = np.sqrt(((y - x) ** 2).mean()) / y.std()
    assert 100 * copied == pytest.approx(162.4, abs=1.0)


@pytest.mark.parametrize(
    ("task", "wanted", "within"),
    [
        full(MackeyGlass(order=4, squashed=False), 0.0051, 4e-4),
        full(MackeyGlass(squashed=False), 0.0060, 4e-4),
        full(MackeyGlass(substeps=1, squashed=False), 0.0085, 6e-4),
        full(MackeyGlass(delay=30, order=4, squashed=False), 0.0068, 8e-4),
    ],
    ids=repr,
)
def test_errors_grow_at_the_exponent_of_equation_and_method(x64, task, wanted, within):
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (256, task.held))
    both = 1.2 + noise + np.array([0, 1e-9])[:, None, None]
    run = jax.jit(jax.vmap(jax.vmap(lambda h: task.trajectory(h, 2000))))
    one, other = np.asarray(run(both))
    # Over whole humps: the distance goes up and down with them.
    logs = np.log(np.abs(one - other).reshape(256, -1, 250).mean(-1)).mean(0)
    assert (logs[-1] - logs[2]) / (250 * (len(logs) - 3)) == pytest.approx(wanted, abs=within)


def test_a_series_begins_with_a_history_of_its_own_near_a_constant():
    first = np.asarray(sample(MackeyGlass(20, transient=0, squashed=False), 1000).inputs)[0, :, 0]
    # One unit of time later: what is left of 1.2, and what ten old values have made.
    made = 0.2 * 1.2 / (1 + 1.2**10)
    assert first.mean() == pytest.approx(1.2 * 0.99**10 + made * (1 - 0.99**10) / 0.1, abs=0.01)
    assert 0.001 < first.std() < 0.01


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"delay": 1, "substeps": 1}, "delay must have two steps"),
        ({"order": 2}, "order must be 1 or 4"),
        ({"substeps": 0}, "substeps must be 1 or more"),
        ({"transient": -1}, "transient must be 0 or more"),
        ({"std": 0.0}, "std must be positive"),
        ({"ahead": 0}, "ahead must be 1 or more"),
    ],
)
def test_what_cannot_be_solved_is_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        MackeyGlass(**fields)
