"""Time series as a task: what is held out, scaled and answered."""

import math

import numpy as np
import pytest

from rnnjax.tasks import TimeSeries
from tests.tasks.compiled import held_out, trained_on

VOWELS = TimeSeries()


def test_parts_are_the_published_series_with_a_share_held_out():
    parts, found = VOWELS.parts, VOWELS.found
    assert {part: len(ex.inputs) for part, ex in parts.items()} == {
        "train": 243,
        "validation": 27,
        "test": 370,
    }
    kept = [x.tobytes() for part in ("train", "validation") for x in parts[part].inputs]
    assert sorted(kept) == sorted(x.tobytes() for x in found.train.series)
    assert (parts["test"].inputs == found.test.series).all()
    assert TimeSeries(validation=0.0).source("validation", 9) is None


def test_a_batch_is_the_series_time_first_and_what_follows_their_end_is_no_step():
    batch, found = held_out(VOWELS.source("test", 200), index=1), VOWELS.found.test
    assert batch.inputs.shape == (29, 200, 12)
    assert batch.mask.tolist() == [True] * 170 + [False] * 30
    for b in (0, 7, 169):
        n = found.lengths[200 + b]
        assert batch.steps[:, b].tolist() == [True] * n + [False] * (29 - n)
        assert (batch.inputs[:n, b] == found.series[200 + b, :n]).all()
        assert batch.targets[b] == found.labels[200 + b]


def test_an_answer_at_every_step_is_the_label_again():
    task = TimeSeries(answers="steps")
    batch, one = trained_on(task.source("train", 9)), trained_on(VOWELS.source("train", 9))
    assert (task.per_step, VOWELS.per_step) == (True, False)
    assert batch.targets.shape == (29, 9)
    assert (batch.targets[batch.mask] == np.broadcast_to(one.targets, (29, 9))[batch.mask]).all()
    assert (batch.mask == one.steps).all()


def test_scaled_channels_have_mean_zero_and_variance_one_over_the_steps_of_training():
    task = TimeSeries(standardize=True, validation=0.0)
    inputs, _, lengths = task.parts["train"]
    steps = np.concatenate([x[:n] for x, n in zip(inputs, lengths, strict=True)])
    assert len(steps) == 4274
    np.testing.assert_allclose(steps.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(steps.std(0), 1, atol=1e-5)


def test_the_baseline_is_the_loss_of_saying_how_often_each_class_is():
    assert VOWELS.baseline == pytest.approx(math.log(9))
    assert "commonest is 23.8% of the test" in VOWELS.description
    assert VOWELS.token == "JapaneseVowels:package:640"
    assert VOWELS.title == "JapaneseVowels"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TimeSeries(validation=1.0), ".*validation must be a share"),
        (lambda: TimeSeries(data_dir="/nowhere").input_dim, "/nowhere: no such folder"),
        (lambda: TimeSeries("Nobody's").input_dim, ".*is no name of time series"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        make()
    assert "\n" not in str(caught.value)
