import numpy as np
import pytest

from rnnjax.tasks import MultipleSines, SineGenerator
from tests.tasks.compiled import judge, sample

FREQUENCIES = [0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97]


@pytest.mark.parametrize("task", [MultipleSines(sines=1), MultipleSines(200, 3, sines=2)], ids=repr)
def test_a_sum_of_sines_is_predicted_by_a_linear_map_of_two_values_a_sine(task):
    batch = sample(task, 1000)
    x, y = (np.asarray(v, float)[..., 0] for v in (batch.inputs, batch.targets))
    np.testing.assert_array_equal(x[task.ahead :], y[: -task.ahead])
    # The product of 1 - 2 cos(a) L + L^2 over the sines, L the step back, takes all of it away.
    filtered = np.ones(1)
    for a in FREQUENCIES[: task.sines]:
        filtered = np.convolve(filtered, [1, -2 * np.cos(a), 1])
    rest = sum(c * x[len(filtered) - 1 - i : len(x) - i] for i, c in enumerate(filtered))
    assert np.abs(rest).max() < 1e-4
    assert np.abs(x).max() > 0.95 * task.sines


def test_eight_sines_are_found_in_the_series():
    task = MultipleSines(2000)
    x = np.asarray(sample(task, 50).inputs, float)[..., 0]
    waves = np.arange(2000)[:, None] * np.array(FREQUENCIES)
    basis = np.concatenate([np.sin(waves), np.cos(waves)], 1)
    weights = np.linalg.lstsq(basis, x, rcond=None)[0]
    assert np.abs(basis @ weights - x).max() < 1e-4
    np.testing.assert_allclose(weights[:8] ** 2 + weights[8:] ** 2, 1, atol=1e-3)
    phases = np.arctan2(weights[8:], weights[:8])
    assert np.abs(np.exp(1j * phases).mean()) < 4 / 400**0.5


@pytest.mark.parametrize(
    "task",
    [MultipleSines(50), MultipleSines(50, 3, sines=1), MultipleSines(50, 2, sines=2)],
    ids=repr,
)
def test_the_baseline_of_sines_is_the_error_of_the_best_guess_from_the_present(task):
    batch = sample(task, 4000)
    x, y = (np.asarray(v, float).ravel() for v in (batch.inputs, batch.targets))
    # A table of 60 intervals of the present value, which can hold any function.
    place = np.digitize(x, np.quantile(x, np.linspace(0, 1, 61)[1:-1]))
    table = np.bincount(place, y) / np.bincount(place)
    loss = judge(task, table[place].reshape(batch.targets.shape).astype(np.float32), batch)[0]
    assert loss == pytest.approx(task.baseline, rel=0.02)


@pytest.mark.parametrize(
    "task",
    [SineGenerator(), SineGenerator(100, 7, 0.5, cue=5), SineGenerator(40, 1, cue=99)],
    ids=repr,
)
def test_a_level_stands_for_a_frequency(task):
    batch = sample(task, 1000)
    assert batch.mask.all()
    levels, sines = np.asarray(batch.inputs)[..., 0], np.asarray(batch.targets)[..., 0]
    shown = task.length if task.cue is None else min(task.cue, task.length)
    assert (levels[:shown] == levels[0]).all()
    assert (levels[shown:] == 0).all()
    j = np.round((levels[0] - 0.25) * task.levels)
    np.testing.assert_allclose(levels[0], j / task.levels + 0.25, rtol=1e-6)
    assert set(j) == set(range(task.levels))
    w = 0.1 + 0.5 * j / max(task.levels - 1, 1)
    t = np.arange(task.length)[:, None]
    np.testing.assert_allclose(sines, np.sin(w * task.step * t), atol=1e-5)
    # Each value follows from two before.
    follows = 2 * np.cos(w * task.step) * sines[1:-1] - sines[:-2]
    np.testing.assert_allclose(sines[2:], follows, atol=1e-5)


@pytest.mark.parametrize("task", [SineGenerator(), SineGenerator(levels=5, cue=10)], ids=repr)
def test_the_baseline_of_a_sine_is_the_error_of_the_best_answer_to_its_input(task):
    batch = sample(task, 5000)
    x, y = (np.asarray(v).ravel() for v in (batch.inputs, batch.targets))
    seen, place = np.unique(x, return_inverse=True)
    assert len(seen) == task.levels + (task.cue is not None)
    table = np.bincount(place, y) / np.bincount(place)
    loss = judge(task, table[place].reshape(batch.targets.shape).astype(np.float32), batch)[0]
    assert loss == pytest.approx(task.baseline, rel=0.02)
    assert task.baseline == pytest.approx(0.5, abs=0.02)
    assert SineGenerator(shortest=5).baseline is None


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: MultipleSines(sines=9), "sines must be from 1 to 8"),
        (lambda: MultipleSines(sines=0), "sines must be from 1 to 8"),
        (lambda: SineGenerator(levels=0), "levels must be 1 or more"),
        (lambda: SineGenerator(cue=0), "cue must be 1 or more"),
        (lambda: SineGenerator(step=0.0), "step must be positive"),
    ],
)
def test_what_makes_no_sine_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
