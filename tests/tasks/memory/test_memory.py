"""The tasks of memory, by rules in plain Python."""

import functools
import math

import jax
import numpy as np
import pytest

from rnnjax import tasks
from tests.catalogue import name
from tests.tasks.compiled import judge, sample
from tests.tasks.memory.rules import (
    CASES,
    associative_recall,
    associative_retrieval,
    flip_flop,
    mqar,
    n_back,
    repeat_first,
    selective_copying,
)

SAMPLES, READ = 8000, 1000  # drawn, and read one by one
drawn = functools.cache(lambda task: sample(task, SAMPLES))


def sequences(task, batch, count=READ):
    """Yields what is seen, as classes if it is one-hot, and what is wanted, None where nothing."""
    inputs = np.asarray(batch.inputs)
    one_hot = inputs.ndim == 3 and task.input_dim > 3
    if one_hot:
        assert (inputs.sum(-1) == 1).all()
        inputs = inputs.argmax(-1)
    lengths = np.full(SAMPLES, len(inputs)) if batch.steps is None else batch.steps.sum(0)
    for b in range(count):
        T = lengths[b]
        wanted = zip(batch.targets[:T, b].tolist(), batch.mask[:T, b].tolist(), strict=True)
        yield inputs[:T, b].tolist(), [target if counts else None for target, counts in wanted]
        assert not batch.mask[T:, b].any()


every_case = pytest.mark.parametrize(("task", "rule"), CASES, ids=name)


@every_case
def test_what_is_wanted_follows_from_what_was_seen(task, rule):
    lengths = set()
    for xs, wanted in sequences(task, drawn(task)):
        found = rule(task, xs)
        lengths.add(len(xs))
        if isinstance(wanted[-1], list):
            assert [w is None for w in wanted] == [w is None for w in found]
            pairs = [(w, f) for w, f in zip(wanted, found, strict=True) if w is not None]
            np.testing.assert_allclose(*zip(*pairs, strict=True), atol=1e-5)
        else:
            assert found == wanted
    if task.shortest is not None:
        assert min(lengths) == task.steps_of(task.shortest)
    assert max(lengths) == task.steps_of(task.size)


def memoryless_loss(task, batch):
    """The loss of the best guess from the length of a sequence, the step and its input."""
    lengths = np.zeros(SAMPLES, int) if batch.steps is None else batch.steps.sum(0)
    inputs, targets = np.asarray(batch.inputs), np.asarray(batch.targets)
    total = 0.0
    for T in np.unique(lengths):
        for t in range(T or len(inputs)):
            here = (lengths == T) & batch.mask[t]
            if here.any():
                guess = entropy if targets.dtype == np.int32 else error_of_a_line
                total += guess(inputs[t, here], targets[t, here])
    return total / batch.mask.sum()


def entropy(inputs, classes):
    seen = inputs.argmax(-1) if inputs.ndim == 2 else inputs
    counts = np.zeros((seen.max() + 1, classes.max() + 1))
    np.add.at(counts, (seen, classes), 1)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    losses = -(counts * np.log(np.where(share > 0, share, 1))).sum()
    # Frequencies fit the sample they are from: of each input by (classes - 1) / 2 in all.
    return losses + (np.maximum((counts > 0).sum(1) - 1, 0) / 2).sum()


def error_of_a_line(inputs, numbers):
    known = np.column_stack([np.ones(len(inputs)), inputs])
    fit = known @ np.linalg.lstsq(known, numbers, rcond=None)[0]
    return ((numbers - fit) ** 2).sum() / numbers.shape[1]


@every_case
def test_the_baseline_is_the_loss_of_the_best_guess_without_memory(task, rule):
    del rule
    assert memoryless_loss(task, drawn(task)) == pytest.approx(task.baseline, rel=0.02)


@pytest.mark.parametrize(
    ("task", "loss"),
    [
        (tasks.Adding(100, form="1997"), (2 - 0.1 - 0.9 / 49) / 48),
        (tasks.MarkedCopying(), math.log(8)),
        (tasks.SelectiveCopying(4096, 16, 14), 2.639),
        (tasks.RepeatFirst(51, deal="independent"), math.log(4) * 50 / 51),
        (tasks.TemporalOrder(), 1.386),
        (tasks.TemporalOrder(marks=3), 2.079),
        (tasks.FlipFlop(), 0.4922),
        (tasks.NBack(match=1 / 8), 0.3768),
        (tasks.DelayedXOR(), 0.3333),
        (tasks.Delay(), 0.3333),
        (tasks.MQAR(), 8.318),
        (tasks.AssociativeRecall(counts="last"), math.log(9)),
        (tasks.AssociativeRecall(), 41 / 42 * math.log(9)),
        (tasks.InductionHead(counts="last"), math.log(18)),
        (tasks.AssociativeRetrieval(), math.log(10)),
    ],
    ids=repr,
)
def test_baselines_that_were_computed_apart(task, loss):
    assert task.baseline == pytest.approx(loss, abs=6e-4)


def test_a_key_is_never_absent_from_very_many_pairs():
    found = tasks.AssociativeRecall(4000, vocabulary=6, absent=True, counts="last").baseline
    assert found == pytest.approx(math.log(2))


def test_rules_of_worked_examples():
    assert mqar(tasks.MQAR(16, 2, 32), [2, 8 + 8, 4, 8 + 9, 0, 0, 4, *[0] * 5, 2, 0, 0, 0]) == (
        [None] * 6 + [17] + [None] * 5 + [16] + [None] * 3
    )
    task = tasks.AssociativeRecall()
    assert task.tokens[1:10] == ["0", "1", *(str(n) for n in range(10, 17))]
    assert task.tokens[10:19] == ["17", *(str(n) for n in range(2, 10))]
    assert (task.tokens[0], task.tokens[19]) == (".", "=>")
    row = [task.tokens.index(token) for token in ["0", "17", "10", "3", "0", "17", "=>", "10"]]
    assert task.tokens[associative_recall(task, row)[-1]] == "3"
    letters = "abcdefghijklmnopqrstuvwxyz0123456789?"
    row = [letters.index(letter) for letter in "c9k8j3f1??c"]
    assert associative_retrieval(tasks.AssociativeRetrieval(), row)[-1] == 9
    task = tasks.SelectiveCopying(4, 2, 4)
    assert selective_copying(task, [0, 3, 0, 0, 1, 0, 5, 5])[-2:] == [3, 1]
    assert repeat_first(tasks.RepeatFirst(), [2, 0, 3]) == [2, 2, 2]
    assert n_back(tasks.NBack(), [0, 1, 0, 0]) == [None, None, 1, 0]
    bits = [[1], [0], [0], [-1], [0]]
    assert flip_flop(tasks.FlipFlop(), bits) == [[1], [1], [1], [-1], [-1]]


def assert_chances(counts, chances):
    counts, chances = np.asarray(counts, float), np.asarray(chances, float)
    total = counts.sum()
    assert np.abs(counts / total - chances).max() < 4 * (chances / total).max() ** 0.5


def test_keys_come_again_by_a_power_law():
    task = {type(task): task for task, _ in CASES}[tasks.MQAR]
    inputs = np.asarray(drawn(task).inputs)
    for key, late in ((0, False), (1, True)):
        places = (inputs[8:] == inputs[2 * key]).argmax(0) // 2
        found = np.bincount(places, minlength=8)
        weights = np.arange(1, 9) ** (task.power - 1.0)
        chances = weights / weights.sum()
        if late:  # what is left when the first has its place
            chances = sum(
                p * np.where(np.arange(8) == g, 0, weights) / (weights.sum() - weights[g])
                for g, p in enumerate(chances)
            )
        assert_chances(found, chances)
    assert_chances(np.bincount(inputs[0], minlength=6)[1:6], np.full(5, 1 / 5))
    assert_chances(np.bincount(inputs[3], minlength=12)[6:], np.full(6, 1 / 6))


def test_noise_is_shown_where_nothing_is():
    silent, noisy = (sample(tasks.MQAR(24, 2, 32, noise=noise), 200) for noise in (False, True))
    assert (noisy.targets == silent.targets).all()
    there = silent.inputs > 0
    assert (noisy.inputs[there] == silent.inputs[there]).all()
    assert len(np.unique(noisy.inputs[~there])) == 32


def test_places_among_blanks_are_as_likely():
    marked, mad = (task for task, _ in CASES if isinstance(task, tasks.SelectiveCopying))
    inputs = np.asarray(drawn(marked).inputs).argmax(-1)
    steps = drawn(marked).steps.sum(0)
    for T in (10, 12):
        there = (inputs[:, steps == T] > 0).sum(1)[: T - 3]
        assert_chances(there, np.full(T - 3, 1 / (T - 3)))
    inputs = np.asarray(drawn(mad).inputs).argmax(-1)[:, drawn(mad).steps.sum(0) == 13]
    first = (inputs > 0).argmax(0)
    binomial = [math.comb(6, n) * (1 / 3) ** n * (2 / 3) ** (6 - n) for n in range(7)]
    assert_chances(np.bincount(first, minlength=7), binomial)


def test_marks_are_anywhere_in_their_places():
    batch = drawn(tasks.TemporalOrder())
    marked = np.asarray(batch.inputs)[..., 4:6].sum((1, 2))
    assert_chances(marked[10:21], np.full(11, 1 / 11))
    assert_chances(marked[50:61], np.full(11, 1 / 11))
    inputs = np.asarray(drawn(CASES[0][0]).inputs)
    lost = (inputs[..., 1] == 1).sum(0) == 1
    assert_chances([lost.sum(), (~lost).sum()], [0.1 + 0.9 / 19, 0.9 - 0.9 / 19])
    marks = (inputs[1:10, ..., 1] == 1).sum(1)
    assert_chances(marks, np.full(9, 1 / 9))
    assert abs(inputs[..., 0].var() - 1 / 3) < 0.005


def test_each_key_that_was_there_is_as_likely_to_be_asked_for():
    task = tasks.AssociativeRecall(8, vocabulary=10, shortest=7)
    chances = {}
    for xs, _ in sequences(task, drawn(task), SAMPLES):
        present = sorted(set(xs[:-2:2]))
        chances.setdefault(len(present), [0] * len(present))[present.index(xs[-1])] += 1
    for count in (2, 3):
        assert_chances(chances[count], np.full(count, 1 / count))


def test_the_most_frequent_digit_is_right_in_two_of_five():
    batch = sample(tasks.AssociativeRetrieval(4), SAMPLES)
    digits = np.asarray(batch.inputs)[1:8:2, :, 26:36].sum(0)
    assert digits.max(-1).mean() / 4 == pytest.approx(0.384, abs=0.01)
    asked = digits == digits.max(-1, keepdims=True)
    share = (asked & (np.arange(10) == batch.targets[-1][:, None])).sum(-1) / asked.sum(-1)
    assert share.mean() == pytest.approx(0.384, abs=0.02)


def test_a_white_signal_has_no_faster_waves():
    task = next(task for task, _ in CASES if isinstance(task, tasks.Delay) and task.cutoff == 0.2)
    signal = np.asarray(drawn(task).inputs)[..., 0]
    power = (np.abs(np.fft.rfft(signal, axis=0)) ** 2).mean(1) / 32
    assert (signal[0] == 0).all()
    assert power[7:].max() < 1e-8
    np.testing.assert_allclose(power[1:7] / power[1:7].mean(), 1, rtol=0.06)
    assert power[1:7].sum() * 2 / 32 == pytest.approx(0.25, rel=0.03)


def test_trials_of_the_published_code():
    batch = sample(tasks.DelayedXOR(), 3)
    first, second = np.moveaxis(batch.inputs, -1, 0)
    t = np.arange(300)
    assert (((t >= 50) & (t < 100)) == np.abs(first).T).all()
    assert (((t >= 110) & (t < 160)) == np.abs(second).T).all()
    assert (((t >= 170) & (t < 270)) == np.abs(batch.targets[..., 0]).T).all()


@pytest.mark.parametrize(
    ("steps", "height", "right"),
    [((200, 201), 0.8, 1), ((200, 201), 0.6, 0), ((170, 200), 0.9, 0), ((270, 300), 0.9, 0)],
)
def test_a_trial_is_right_by_its_peak(steps, height, right):
    task = tasks.DelayedXOR()
    batch = sample(task, 3)
    outputs = np.zeros_like(batch.targets)
    outputs[slice(*steps)] = height * batch.targets[200]
    assert judge(task, outputs, batch)[2] == right
    outputs[slice(*steps)] *= -1
    assert judge(task, outputs, batch)[2] == 0


@pytest.mark.parametrize("counts", ["all", "last"])
def test_of_recalled_tokens_the_last_is_judged(counts):
    task = tasks.AssociativeRecall(8, vocabulary=10, counts=counts, shortest=4)
    batch = sample(task, 20)
    right = np.eye(10, dtype=np.float32)[batch.targets]
    ends = batch.steps.sum(0) - 1, np.arange(20)
    only = np.zeros_like(right)
    only[ends] = right[ends]
    assert judge(task, only, batch)[2] == 1
    but = right.copy()
    but[ends] = -right[ends]
    assert judge(task, but, batch)[2] == 0
    assert judge(task, 99 * only, batch)[0] == pytest.approx(
        0 if counts == "last" else math.log(10) * (batch.mask.sum() - 20) / batch.mask.sum(),
        abs=1e-5,
    )


def test_signs_of_flip_flops_are_judged():
    task = tasks.FlipFlop(6, bits=2)
    batch = sample(task, 10)
    outputs = 0.1 * np.asarray(batch.targets)
    outputs[..., 0] *= -1
    assert judge(task, outputs, batch)[2] == pytest.approx(0.5)


def test_more_cards_than_a_deck_are_of_several():
    assert (tasks.RepeatPrevious().copies, tasks.RepeatPrevious(103).copies) == (13, 26)
    batch = jax.device_get(sample(tasks.RepeatFirst(52), 5))
    assert (batch.inputs.sum(0) == 13).all()


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        (tasks.Adding, {"form": "1997", "length": 3}, "length must be 4 or more"),
        (tasks.Adding, {"form": "1999"}, "form must be 2015 or 1997"),
        (tasks.MarkedCopying, {"delay": -1}, "delay must be 0 or more"),
        (tasks.MarkedCopying, {"alphabet": 1}, "alphabet must be 2 or more"),
        (tasks.SelectiveCopying, {"symbols": 0}, "symbols must be 1 or more"),
        (tasks.SelectiveCopying, {"form": "all"}, "form must be marked or mad"),
        (tasks.RepeatFirst, {"suits": 1}, "suits must be 2 or more"),
        (tasks.RepeatFirst, {"deal": "deck"}, "deal must be decks or independent"),
        (tasks.RepeatPrevious, {"k": 1}, "k must be 2 or more"),
        (tasks.RepeatPrevious, {"length": 3, "k": 4}, "length must be 4 or more"),
        (tasks.TemporalOrder, {"length": 19}, "length must be 20 or more"),
        (tasks.TemporalOrder, {"form": "long"}, "form must be one of 1997, 2013, short"),
        (tasks.TemporalOrder, {"marks": 4}, "marks must be 2 or 3 in the form 1997"),
        (tasks.TemporalOrder, {"marks": 3, "form": "2013"}, "marks must be 2 in the form 2013"),
        (tasks.FlipFlop, {"bits": 0}, "bits must be 1 or more"),
        (tasks.FlipFlop, {"pulse": 1.0}, "pulse must be between 0 and 1"),
        (tasks.NBack, {"back": 0}, "back must be 1 or more"),
        (tasks.NBack, {"match": 0.0}, "match must be between 0 and 1"),
        (tasks.NBack, {"symbols": 1}, "symbols must be 2 or more"),
        (tasks.DelayedXOR, {"delay": -1}, "delay must be 0 or more"),
        (tasks.DelayedXOR, {"response": 0}, "response must be 1 or more"),
        (tasks.DelayedXOR, {"channels": 3}, "channels must be 1 or 2"),
        (tasks.Delay, {"delay": 0}, "delay must be 1 or more"),
        (tasks.Delay, {"signal": "white"}, "signal must be uniform or band"),
        (tasks.Delay, {"signal": "band", "cutoff": 0.001}, "cutoff must be from 1 / 100 to 0.5"),
        (tasks.MQAR, {"pairs": 0}, "pairs must be 1 or more"),
        (tasks.MQAR, {"length": 15}, "length must be 16 or more"),
        (tasks.MQAR, {"vocabulary": 9}, "vocabulary must be 10 or more"),
        (tasks.AssociativeRecall, {"vocabulary": 5}, "vocabulary must be 6 or more"),
        (tasks.InductionHead, {"length": 2}, "length must be 3 or more"),
        (tasks.InductionHead, {"counts": "first"}, "counts must be all or last"),
        (tasks.AssociativeRetrieval, {"pairs": 27}, "pairs must be 26 or fewer"),
    ],
)
def test_sequences_that_cannot_be_are_refused(kind, settings, said):
    with pytest.raises(ValueError, match=said):
        kind(**settings)
