import math

import numpy as np
import pytest

from rnnjax.tasks import Echo
from tests.tasks.compiled import judge, sample


@pytest.mark.parametrize("delay", [1, 3, 19])
def test_each_bit_is_wanted_again_after_the_delay(delay):
    task = Echo(delay, 20, window=5)
    batch = sample(task, 8)
    bits = np.asarray(batch.inputs)[..., 0]
    assert np.isin(bits, (0, 1)).all()
    for b in range(8):
        for t in range(20):
            assert batch.mask[t, b] == (t >= delay)
            if t >= delay:
                assert batch.targets[t, b] == bits[t - delay, b]


def test_the_baseline_is_the_loss_of_the_best_guess_from_the_bit_that_is_seen():
    task = Echo(3, 5000)
    batch = sample(task, 4)
    seen, wanted = np.asarray(batch.inputs[3:, :, 0], int), np.asarray(batch.targets[3:])
    ones = np.array([wanted[seen == bit].mean() for bit in (0, 1)])
    share = ones[np.asarray(batch.inputs[..., 0], int)]
    logits = np.log(np.stack([1 - share, share], -1))
    # A fair coin's frequency is off by sqrt(1 / (4 N)), its entropy by twice the square of that.
    count = (seen == 0).sum()
    assert (
        abs(judge(task, logits.astype(np.float32), batch)[0] - task.baseline)
        < 16 / (2 * count) + 1e-5
    )
    assert np.abs(ones - 1 / 2).max() < 4 * (1 / 4 / count) ** 0.5
    assert task.baseline == math.log(2)


def test_bits_are_fair_and_independent():
    bits = np.asarray(sample(Echo(3, 5000), 4).inputs)[..., 0]
    error = (1 / 4 / bits.size) ** 0.5
    assert abs(bits.mean() - 1 / 2) < 4 * error
    for lag in (1, 2, 3, 7):
        agree = (bits[lag:] == bits[:-lag]).mean()
        assert abs(agree - 1 / 2) < 4.2 * error


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (0, "needs 1 <= window <= length"),
        (11, "needs 1 <= window <= length"),
        (4, "there is no echo in whole windows of 4 steps"),
    ],
)
def test_windows_without_an_echo_are_refused(window, message):
    assert Echo(delay=8, length=10, window=9).length == 10
    with pytest.raises(ValueError, match=message):
        Echo(delay=8, length=10, window=window)


@pytest.mark.parametrize(("delay", "length"), [(0, 10), (-1, 10), (10, 10), (11, 10)])
def test_a_series_that_ends_before_its_first_echo_is_refused(delay, length):
    with pytest.raises(ValueError, match="needs 1 <= delay < length"):
        Echo(delay, length)
