"""Reber's grammar, by its graph in plain Python."""

import collections
import functools
import itertools
import math

import jax
import numpy as np
import pytest

from rnnjax.tasks import ContinualReber, EmbeddedReber, Reber
from tests.tasks.compiled import judge, sample, trained_on
from tests.tasks.formal.reading import loss_by_symbol, strings

LETTERS = "BTPSXVE"
GRAPH = {
    0: {"T": 1, "P": 2},
    1: {"S": 1, "X": 3},
    2: {"T": 2, "V": 4},
    3: {"X": 2, "S": 5},
    4: {"P": 3, "V": 5},
    5: {"E": None},
}
SAMPLES = 4000


def reber(text):
    """Returns what may come after each letter but the last."""
    assert text[0] == "B"
    found, state = [], 0
    for letter in text[1:]:
        found.append({*GRAPH[state]})
        state = GRAPH[state][letter]
    assert state is None
    return found


def embedded(text):
    outer = text[1]
    assert (text[0], text[-2], text[-1]) == ("B", outer, "E")
    return [{"T", "P"}, {"B"}, *reber(text[2:-2]), {outer}, {"E"}]


RULES = {Reber: reber, EmbeddedReber: embedded}
every_kind = pytest.mark.parametrize("kind", RULES)


@functools.cache
def drawn(kind):
    batch = sample(kind(), SAMPLES)
    return batch, whole(batch)


def whole(batch):
    """Returns the strings, from inputs and the last target."""
    found = []
    for b, text in enumerate(strings(batch, LETTERS)):
        wanted = "".join(LETTERS[i] for i in batch.targets[: len(text), b])
        assert wanted[:-1] == text[1:]
        found.append(text + wanted[-1])
    return found


def oracle(kind, batch, texts):
    """Returns outputs of one who knows the grammar."""
    outputs = np.zeros((*batch.mask.shape, len(LETTERS)), np.float32)
    for b, text in enumerate(texts):
        for t, legal in enumerate(RULES[kind](text)):
            outputs[t, b] = [math.log(1 / len(legal)) if s in legal else -30 for s in LETTERS]
    return outputs


@every_kind
def test_strings_are_walks_of_the_graph(kind):
    batch, texts = drawn(kind)
    assert np.array_equal(batch.mask, batch.steps)
    for text in texts:
        RULES[kind](text)
    least = {Reber: 5, EmbeddedReber: 9}[kind]
    assert min(map(len, texts)) == least
    assert np.mean([*map(len, texts)]) == pytest.approx(least + 3, abs=0.25)


def test_lengths_and_letters_are_as_likely_as_published():
    texts = drawn(Reber)[1]
    counts = collections.Counter(map(len, texts))
    for length, share in {5: 0.25, 6: 0.1875, 7: 0.125, 8: 0.1094, 10: 0.0625}.items():
        assert abs(counts[length] / SAMPLES - share) < 4.5 * (share / SAMPLES) ** 0.5
    assert sum(count for length, count in counts.items() if length < 20) > 0.98 * SAMPLES
    visits = np.zeros(6)
    for text in texts:
        state = 0
        for letter in text[1:]:
            visits[state] += 1
            state = GRAPH[state][letter]
    assert visits / SAMPLES == pytest.approx([1, 1, 2, 1, 1, 1], abs=0.15)


@every_kind
def test_who_knows_the_grammar_has_the_published_loss_and_all_strings_right(kind):
    batch, texts = drawn(kind)
    loss, _, right = judge(kind(), oracle(kind, batch, texts), batch)
    published = {Reber: 6 / 7, EmbeddedReber: 7 / 11}[kind] * math.log(2)
    assert loss == pytest.approx(published, rel=0.01)
    assert right == 1


def test_who_forgets_the_second_letter_has_no_string_right():
    batch, texts = drawn(EmbeddedReber)
    task, outputs = EmbeddedReber(), oracle(EmbeddedReber, batch, texts)
    for b, text in enumerate(texts):
        outputs[len(text) - 3, b, [1, 2]] = math.log(1 / 2)
    loss, _, right = judge(task, outputs, batch)
    assert loss == pytest.approx(8 / 11 * math.log(2), rel=0.01)
    assert loss == pytest.approx(0.5041, rel=0.01)
    assert right == 0  # the letter that may come ties with the other
    for b, text in enumerate(texts):
        outputs[len(text) - 3, b, 1] += 0.1  # always T
    share = np.mean([text[1] == "T" for text in texts])
    assert judge(task, outputs, batch)[2] == pytest.approx(share)
    assert task.metrics(outputs, batch)["outer_right"] == pytest.approx(share)


@every_kind
def test_a_string_is_wrong_if_one_letter_is_above_one_that_may_come(kind):
    batch, texts = drawn(kind)
    outputs = oracle(kind, batch, texts)
    outputs[2, :1000, 0] = outputs[2, :1000].max(-1) + 1
    allowed = sum("B" in RULES[kind](text)[2] for text in texts[:1000])
    assert allowed == 0
    outputs[~batch.steps] = -outputs[~batch.steps]
    assert judge(kind(), outputs, batch)[2] == pytest.approx(1 - 1000 / SAMPLES)
    assert judge(kind(), np.zeros_like(outputs), batch)[2] == 0


@every_kind
def test_the_baseline_is_the_loss_of_the_best_guess_from_the_letter(kind):
    assert loss_by_symbol(kind(), drawn(kind)[0]) == pytest.approx(kind().baseline, rel=0.02)


def test_strings_that_are_long_enough_are_all_there_is_and_as_likely():
    texts = whole(sample(Reber(longest=7), SAMPLES))
    shares = {"BTXSE": 1 / 8, "BPVVE": 1 / 8, "BTSXSE": 1 / 16, "BPTVVE": 1 / 16, "BPVPSE": 1 / 16}
    seven = {"BTSSXSE", "BPTTVVE", "BPTVPSE", "BTXXVVE"}
    shares |= dict.fromkeys(seven, 1 / 32)
    assert set(texts) == set(shares)
    for text, share in shares.items():
        expected = share / sum(shares.values())
        assert abs(texts.count(text) / SAMPLES - expected) < 4.5 * (expected / SAMPLES) ** 0.5


def test_a_series_is_strings_one_after_another():
    task = ContinualReber(2000, window=50)
    batch = sample(task, 20)
    assert batch.steps is None
    assert batch.reset is None
    assert batch.mask.all()
    for b, text in enumerate(strings(batch, LETTERS)):
        follows = "".join(LETTERS[i] for i in batch.targets[:, b])
        assert follows[:-1] == text[1:]
        # An inner string ends in E too, but T or P comes after it.
        for part in (text + follows[-1]).replace("EB", "E B").split()[:-1]:
            embedded(part)
    assert loss_by_symbol(task, batch) == pytest.approx(task.baseline, rel=0.02)


def test_windows_go_on_where_the_one_before_ended_and_nothing_is_reset():
    source = ContinualReber(100, window=20).source("train", 3)
    windows = [trained_on(source, index) for index in range(5)]
    assert source.updates_per_epoch == 5
    for before, after in itertools.pairwise(windows):
        assert before.reset is None
        assert np.array_equal(before.targets[-1], after.inputs[0].argmax(-1))


def test_only_letters_that_come_again_are_judged_in_a_series():
    task = ContinualReber(300, window=300)
    batch = sample(task, 4)
    outputs = np.eye(7, dtype=np.float32)[np.ones_like(batch.targets)]  # always T
    found = []
    for b in range(4):
        text = "".join(LETTERS[i] for i in batch.targets[:, b])
        found += [text[t] for t in range(1, 300) if text[t - 1] == "E" and text[t] != "B"]
    assert judge(task, outputs, batch)[2] == pytest.approx(np.mean([s == "T" for s in found]))
    # A window may begin with one, after the E that the one before ended with.
    start = 1 + int(np.flatnonzero((batch.targets[:-1, 0] == 6) & (batch.targets[1:, 0] != 0))[0])
    window = jax.tree.map(lambda x: x[start : start + 1, :1], batch)
    for letter in range(7):
        outputs = np.eye(7, dtype=np.float32)[np.full((1, 1), letter)]
        assert judge(task, outputs, window)[2] == (letter == window.targets[0, 0])


@pytest.mark.parametrize(("kind", "least"), [(Reber, 5), (EmbeddedReber, 9)])
def test_lengths_without_a_string_are_refused(kind, least):
    assert kind(least).longest == least
    for longest in (least - 1, 0, -3):
        with pytest.raises(ValueError, match=f"longest must be {least} or more"):
            kind(longest)


@pytest.mark.parametrize(("length", "window"), [(10, 0), (10, 11)])
def test_windows_that_do_not_fit_are_refused(length, window):
    with pytest.raises(ValueError, match="needs 1 <= window <= length"):
        ContinualReber(length, window)
