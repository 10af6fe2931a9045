"""Intervals to be produced, by rules in plain Python."""

import math

import numpy as np
import pytest

from rnnjax.tasks import IntervalProduction, ReadySetGo
from tests.tasks.compiled import judge, sample

SAMPLES = 1000


def lit(column):
    """Returns where a run of ones begins and ends."""
    first = column.index(1)
    last = len(column) - column[::-1].index(1)
    assert column == [0] * first + [1] * (last - first) + [0] * (len(column) - last)
    return first, last


@pytest.mark.parametrize(
    "task",
    [ReadySetGo(), ReadySetGo(1000, 0, 20, 40, gain=1.5, dt=20, shortest=100)],
    ids=repr,
)
def test_what_was_measured_is_to_be_produced(task):
    batch = sample(task, SAMPLES)
    T, measured = len(batch.inputs), []
    for b in range(SAMPLES):
        fixation, ready, second = batch.inputs[:, b].T.tolist()
        (begins, _), (sets, start) = lit(ready), lit(second)
        assert begins == max(1, task.fixation // task.dt) * (task.fixation > 0)
        assert start - sets == max(1, task.set // task.dt)
        assert lit(fixation) == (0, start)
        go = batch.targets[:, b].tolist().index(1)
        assert batch.targets[:, b].sum() == 1
        # The steps are those of a duration of which only these are known.
        steps = sets - begins
        least, most = (math.floor(task.gain * n) for n in (steps, steps + 0.999))
        assert least <= go - start <= most
        end = start + 2 * (go - start)
        assert (
            batch.mask[:, b].tolist() == batch.steps[:, b].tolist() == [t < end for t in range(T)]
        )
        measured.append(steps)
    sizes = np.arange(task.shortest, task.measure + 1)
    assert set(measured) | {task.measure // task.dt} == set(sizes // task.dt)
    error = (sizes // task.dt).std() / SAMPLES**0.5
    assert abs(np.mean(measured) - (sizes // task.dt).mean()) < 4 * error


def test_who_always_produces_the_mean_is_off_by_202_ms():
    sizes, chances = ReadySetGo().sizes_and_chances
    assert chances @ sizes == pytest.approx(1150)
    assert (chances @ (sizes - 1150) ** 2) ** 0.5 == pytest.approx(202, abs=0.5)


@pytest.mark.parametrize(
    "task",
    [IntervalProduction(), IntervalProduction(200, 0, 30, (40, 60, 100), dt=20, shortest=0)],
    ids=repr,
)
def test_a_cue_stands_for_an_interval(task):
    batch = sample(task, SAMPLES)
    T, cues = len(batch.inputs), []
    for b in range(SAMPLES):
        fixation, *shown, second = batch.inputs[:, b].T.tolist()
        which = [sum(column) > 0 for column in shown].index(True)
        assert sum(map(sum, shown)) == sum(shown[which])
        (on, off), (sets, start) = lit(shown[which]), lit(second)
        assert off == start == sets + 1
        assert on == task.fixation // task.dt
        assert lit(fixation) == (0, start)
        interval = task.intervals[which] // task.dt
        end = start + 2 * interval
        wanted = [int(t == start + interval) for t in range(T)]
        assert batch.targets[:, b].tolist() == wanted
        assert batch.mask[:, b].tolist() == [t < end for t in range(T)]
        assert batch.steps[:end, b].all()
        cues.append((which, sets - on))
    found, longest = zip(*cues, strict=True)
    assert set(found) == set(range(len(task.intervals)))
    sizes = np.arange(task.shortest, task.cue + 1)
    assert set(longest) == set(task.steps_in(sizes))


@pytest.mark.parametrize(
    "task",
    [
        ReadySetGo(),
        ReadySetGo(gain=1.5, waiting=0.0),
        IntervalProduction(),
        IntervalProduction(500, 100, intervals=(200, 400), dt=50, waiting=0.3, shortest=None),
    ],
    ids=repr,
)
def test_the_baseline_is_the_loss_of_the_best_guess_from_the_step_and_its_input(task):
    batch = sample(task, 20_000)
    dark = batch.mask & ~batch.inputs.any(-1)
    acts = (batch.targets == 1).sum(1) / np.maximum(dark.sum(1), 1)
    chance = np.where(dark, np.clip(acts, 1e-12, 1)[:, None], 1e-12)
    logits = np.log(np.stack([np.maximum(1 - chance, 1e-12), chance], -1)).astype(np.float32)
    assert judge(task, logits, batch)[0] == pytest.approx(task.baseline, rel=0.02)


def test_one_interval_at_one_time_has_no_baseline():
    assert ReadySetGo(shortest=None).baseline is None


@pytest.mark.parametrize("task", [ReadySetGo(margin=0.1), IntervalProduction()], ids=repr)
@pytest.mark.parametrize("late", [-6, -2, -1, 0, 1, 2, 6])
def test_the_first_action_is_to_be_within_the_margin(task, late):
    batch = sample(task, 50)
    T = len(batch.inputs)
    go = batch.targets.argmax(0)
    left = batch.mask.sum(0) - go  # as many steps as the interval has
    acts = np.arange(T)[:, None] == go + late
    acts[-1] |= True  # a second action, which does not count, and one that comes too late
    acts[:3] |= True  # nor does one before the production
    outputs = np.stack([0 * acts, 2.0 * acts - 1], -1).astype(np.float32)
    wanted = abs(late) * 80 <= task.margin * left * 80 + 25
    assert judge(task, outputs, batch)[2] == pytest.approx(wanted.mean())


def test_not_to_act_is_wrong():
    task = ReadySetGo()
    batch = sample(task, 10)
    still = np.eye(2, dtype=np.float32)[np.zeros_like(batch.targets)]
    assert judge(task, still, batch)[2] == 0


def test_noise_is_in_the_signs_and_ends_with_them():
    clean, noisy = (sample(ReadySetGo(noise=noise), 500) for noise in (0.0, 1.0))
    before = clean.inputs[..., 0] == 1
    noise = noisy.inputs - clean.inputs
    assert noise[before][:, 1:].std() == pytest.approx(80**-0.5, rel=0.03)
    assert not noise[~before].any()
    assert not noise[..., 0].any()


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (ReadySetGo, {"margin": 1.0}, "margin must be 0 or more and below 1, not 1.0"),
        (ReadySetGo, {"gain": 0.0}, "gain must be 0.001 or more"),
        (ReadySetGo, {"ready": 0}, "ready must be more than 0 ms"),
        (ReadySetGo, {"set": 0}, "set must be more than 0 ms"),
        (ReadySetGo, {"shortest": 79}, "shortest must be from 80 to measure"),
        (ReadySetGo, {"gain": 0.1, "shortest": 799}, "shortest must be from 800 to measure"),
        (IntervalProduction, {"intervals": ()}, "intervals must be dt or more, in rising order"),
        (IntervalProduction, {"intervals": (900, 800)}, "intervals must be dt or more"),
        (IntervalProduction, {"intervals": (70, 800)}, "intervals must be dt or more"),
    ],
)
def test_what_cannot_be_is_refused(kind, fields, said):
    with pytest.raises(ValueError, match=said):
        kind(**fields)
