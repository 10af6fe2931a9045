import math

import numpy as np
import pytest

from rnnjax.tasks import Integrator
from tests.tasks.compiled import judge, sample

SAMPLES = 20_000
KINDS = [
    Integrator(),
    Integrator(12, shortest=4),
    Integrator(20, bias=0.3, noise=0.5, dt=0.1, context=True),
    Integrator(decides=True),
    Integrator(15, bias=0.05, context=True, decides=True, shortest=5),
]
every_kind = pytest.mark.parametrize("task", KINDS, ids=repr)


@every_kind
def test_the_target_is_the_sum_of_the_inputs_that_count_or_its_sign(task):
    batch = sample(task, 1000)
    for b in range(1000):
        n = task.length if batch.steps is None else batch.steps[:, b].sum()
        rows = batch.inputs[:n, b].astype(float)
        which = 0
        if task.context:
            assert sorted(rows[0, 2:]) == [0, 1]
            assert (rows[:, 2:] == rows[0, 2:]).all()
            which = rows[0, 2:].tolist().index(1)
        wanted = rows[:, which].cumsum()
        counts = [t < n for t in range(task.length)]
        if task.decides:
            wanted, counts = np.sign(wanted), [t == n - 1 for t in range(task.length)]
            assert batch.targets[n - 1, b, 0] == wanted[-1]
        else:
            assert batch.targets[:n, b, 0] == pytest.approx(wanted, abs=1e-4)
        assert batch.mask[:, b].tolist() == counts


def test_noise_has_the_variance_and_the_drift_of_the_form():
    task = Integrator(bias=0.1)
    inputs = sample(task, SAMPLES).inputs[..., 0].astype(float)
    assert task.deviation == pytest.approx(0.125)
    means = inputs.mean(0)
    variance = 0.2**2 + 0.125**2 / 25
    assert means.var() == pytest.approx(variance, rel=0.04)
    assert abs(means.mean() + 0.1) < 4 * (variance / SAMPLES) ** 0.5
    assert (inputs - means).var() == pytest.approx(0.125**2 * 24 / 25, rel=0.01)


@every_kind
def test_the_baseline_is_the_loss_of_the_best_guess_from_the_step_and_its_input(task):
    batch = sample(task, SAMPLES)
    x = batch.inputs[..., 0]
    if task.context:
        x = np.where(batch.inputs[..., 2] == 1, x, batch.inputs[..., 1])
    guess = np.zeros_like(batch.targets)
    for t in range(task.length):
        here, y = batch.mask[t], batch.targets[t, :, 0]
        if not here.any():
            continue
        if not task.decides:
            guess[t, :, 0] = np.polyval(np.polyfit(x[t, here], y[here], 1), x[t])
            continue
        edges = np.quantile(x[t, here], np.linspace(0, 1, 31)[1:-1])
        place = np.digitize(x[t], edges)
        for bin_ in range(30):
            guess[t, place == bin_] = y[here & (place == bin_)].mean()
    assert judge(task, guess, batch)[0] == pytest.approx(task.baseline, rel=0.03)


def test_baselines_of_the_published_form():
    # Without the bias the variance of t - 1 steps is left, at each t.
    assert Integrator(bias=0.0).baseline == pytest.approx(12 * 0.125**2)
    # The last of n equal steps says so much of the sign: 1 - E erf^2 = 1 - (2/pi) asin(1/n).
    sign = Integrator(5, bias=0.0, decides=True).baseline
    assert sign == pytest.approx(1 - 2 / math.pi * math.asin(1 / 5), rel=1e-3)


def test_signs_are_counted():
    task = Integrator(decides=True)
    batch = sample(task, 40)
    outputs = 0.1 * np.asarray(batch.targets)
    outputs[-1, :10] *= -1
    loss, _, accuracy = judge(task, outputs, batch)
    assert loss == pytest.approx(0.75 * 0.9**2 + 0.25 * 1.1**2, rel=1e-5)
    assert accuracy == 0.75


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"length": 0}, "length must be 1 or more"),
        ({"noise": 0.0}, "noise must be more than 0, not 0.0"),
        ({"dt": -0.1}, "dt must be more than 0, not -0.1"),
    ],
)
def test_what_cannot_be_is_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        Integrator(**fields)
