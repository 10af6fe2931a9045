import numpy as np
import pytest

from rnnjax.tasks import Adding
from tests.tasks.compiled import judge, sample

SAMPLES = 20_000


@pytest.mark.parametrize("length", [2, 3, 10])
def test_the_target_is_the_sum_of_the_two_marked_numbers(length):
    batch = sample(Adding(length), 50)
    numbers, markers = np.moveaxis(np.asarray(batch.inputs), -1, 0)
    for b in range(50):
        marked = [t for t in range(length) if markers[t, b] == 1]
        assert len(marked) == 2
        assert marked[0] < length // 2 <= marked[1]
        wanted = sum(numbers[t, b] for t in marked)
        assert batch.targets[-1, b, 0] == pytest.approx(wanted, abs=1e-6)
        assert [t for t in range(length) if batch.mask[t, b]] == [length - 1]
    assert ((markers == 0) | (markers == 1)).all()
    assert numbers.min() >= 0
    assert numbers.max() < 1


def test_numbers_are_uniform_and_markers_lie_anywhere_in_their_half():
    batch = sample(Adding(7), SAMPLES)
    numbers, markers = np.moveaxis(np.asarray(batch.inputs, float), -1, 0)
    assert abs(numbers.mean() - 1 / 2) < 4 * (1 / 12 / numbers.size) ** 0.5
    assert abs(numbers.var() - 1 / 12) < 4 * (1 / 180 / numbers.size) ** 0.5
    for t, share in enumerate([1 / 3] * 3 + [1 / 4] * 4):
        error = (share * (1 - share) / SAMPLES) ** 0.5
        assert abs(markers[t].mean() - share) < 4 * error
    # The two are independent of each other.
    together = (markers[0] * markers[6]).mean()
    assert abs(together - 1 / 12) < 4 * (1 / 12 * 11 / 12 / SAMPLES) ** 0.5


def test_the_baseline_is_the_loss_of_the_best_constant():
    task = Adding(10)
    batch = sample(task, SAMPLES)
    sums = np.asarray(batch.targets[-1, :, 0], float)
    losses = (sums - sums.mean()) ** 2
    assert abs(losses.mean() - task.baseline) < 4 * losses.std() / SAMPLES**0.5
    constant = np.full(batch.targets.shape, sums.mean(), np.float32)
    assert judge(task, constant, batch)[0] == pytest.approx(losses.mean(), rel=1e-4)
    assert sums.mean() == pytest.approx(1, abs=4 * (1 / 6 / SAMPLES) ** 0.5)


def test_the_loss_is_the_squared_error_and_sums_count_up_to_four_hundredths():
    task = Adding(4)
    batch = sample(task, 4)
    errors = np.array([0.0, 0.03, -0.05, 1.0], np.float32)
    outputs = np.asarray(batch.targets) + errors[None, :, None]
    assert judge(task, outputs, batch)[0] == pytest.approx((errors**2).mean(), rel=1e-5)
    assert judge(task, outputs, batch)[2] == 0.5


@pytest.mark.parametrize("length", [1, 0, -3])
def test_sequences_without_two_halves_are_refused(length):
    with pytest.raises(ValueError, match="length must be 2 or more"):
        Adding(length)
