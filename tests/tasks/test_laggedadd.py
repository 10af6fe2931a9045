import numpy as np
import pytest

from rnnjax.tasks import LaggedAdd, PeriodicOutput
from tests.tasks.compiled import judge, sample


def test_odds_are_those_of_the_bits_at_both_lags():
    task = LaggedAdd(2, 5, length=30, window=10)
    batch = sample(task, 4)
    bits, odds = (np.asarray(x)[..., 0] for x in (batch.inputs, batch.targets))
    for b in range(4):
        for t in range(30):
            assert batch.mask[t, b] == (t >= 5)
            if t >= 5:
                assert odds[t, b] == 0.5 + 0.5 * bits[t - 2, b] - 0.25 * bits[t - 5, b]
    np.testing.assert_array_equal(np.asarray(batch.targets).sum(-1), 1)
    np.testing.assert_array_equal(np.asarray(batch.inputs).sum(-1), 1)


def test_the_losses_of_what_may_be_known_are_the_published_ones():
    task = LaggedAdd()
    assert task.baseline == pytest.approx(0.6615632382, abs=1e-9)
    assert task.floor(1) == pytest.approx(0.5191666997, abs=1e-9)
    assert task.floor(2) == pytest.approx(0.4544543674, abs=1e-9)


def test_the_loss_of_the_odds_themselves_is_the_floor():
    task = LaggedAdd(length=20_000)
    batch = sample(task, 2)
    logits = np.log(np.maximum(np.asarray(batch.targets), 1e-30))
    # Entropies of two to four values, of which 40,000 are drawn: deviation below 0.35 / 200.
    assert judge(task, logits, batch)[0] == pytest.approx(task.floor(), abs=0.007)


@pytest.mark.parametrize("fields", [(0, 9), (5, 5), (5, 9, 9), (5, 9, 20, 21)])
def test_lags_that_cannot_be_are_refused(fields):
    with pytest.raises(ValueError, match=r"LaggedAdd\(.*needs"):
        LaggedAdd(*fields)


def test_a_wave_of_one_period():
    task = PeriodicOutput(8)
    batch = sample(task, 3)
    angle = 2 * np.pi * np.arange(8) / 8
    wave = np.sin(angle) + 0.5 * np.sin(2 * angle) + 0.25 * np.sin(4 * angle)
    np.testing.assert_allclose(batch.targets[:, 1, 0], wave, atol=1e-6)
    assert not np.asarray(batch.inputs).any()
    assert task.baseline == pytest.approx((1 + 1 / 4) / 2)  # of the last, 4 steps a wave, sin is 0
    assert PeriodicOutput().baseline == pytest.approx((1 + 1 / 4 + 1 / 16) / 2)
