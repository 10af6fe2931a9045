"""Tomita's languages, by their rules in plain Python."""

import collections
import functools
import itertools
import math
import re

import numpy as np
import pytest

from rnnjax.tasks import Tomita
from rnnjax.tasks.formal.tomita import AUTOMATA
from tests.tasks.compiled import held_out, judge, sample
from tests.tasks.formal.reading import lengths, strings

SAMPLES = 2000


def third(text):
    runs = [(symbol, len([*run])) for symbol, run in itertools.groupby(text)]
    odd = [symbol for symbol, count in runs if count % 2]
    return "0" not in "".join(odd).partition("1")[2]


RULES = [
    lambda text: "0" not in text,
    lambda text: re.fullmatch(r"(10)*", text) is not None,
    third,
    lambda text: "000" not in text,
    lambda text: text.count("0") % 2 == 0 and text.count("1") % 2 == 0,
    lambda text: (text.count("0") - text.count("1")) % 3 == 0,
    lambda text: re.fullmatch(r"0*1*0*1*", text) is not None,
]
COUNTS = [  # of strings of 0 to 10 symbols
    [1] * 11,
    [1, 0] * 5 + [1],
    [1, 2, 3, 6, 10, 18, 31, 54, 93, 160, 274],
    [1, 2, 4, 7, 13, 24, 44, 81, 149, 274, 504],
    [1, 0, 2, 0, 8, 0, 32, 0, 128, 0, 512],
    [1, 0, 2, 2, 6, 10, 22, 42, 86, 170, 342],
    [1, 2, 4, 8, 15, 26, 42, 64, 93, 130, 176],
]
STATES = [2, 3, 5, 4, 4, 3, 5]
numbers = pytest.mark.parametrize("number", range(1, 8))


@functools.cache
def texts(length):
    return ["".join(text) for text in itertools.product("01", repeat=length)]


@functools.cache
def drawn(number):
    return sample(Tomita(number, length=12, prefixes=True), SAMPLES)


@numbers
def test_rules_and_automata_accept_as_many_strings_as_published(number):
    rule, automaton = RULES[number - 1], AUTOMATA[number - 1]
    assert [sum(map(rule, texts(n))) for n in range(11)] == COUNTS[number - 1]
    assert automaton.accepted(10)[:, 0].tolist() == COUNTS[number - 1]
    assert len(automaton.after) == STATES[number - 1]


def test_the_third_language_looks_at_all_that_comes_after():
    # An automaton in public code accepts this one.
    assert not third("100110")


@numbers
def test_each_answer_is_whether_what_was_read_is_in_the_language(number):
    batch, rule = drawn(number), RULES[number - 1]
    assert np.array_equal(batch.mask, batch.steps)
    for b, text in enumerate(strings(batch, "01")):
        for t in range(len(text)):
            assert batch.targets[t, b] == rule(text[: t + 1])


@numbers
def test_half_are_in_the_language_and_all_of_a_length_are_as_likely(number):
    rule, found = RULES[number - 1], collections.defaultdict(list)
    for text in strings(drawn(number), "01"):
        found[len(text)].append(text)
    assert set(found) == set(range(1, 13))
    for length in (1, 2, 3, 4):
        inside = [text for text in texts(length) if rule(text)]
        outside = [text for text in texts(length) if not rule(text)]
        count = len(found[length])
        for of, others in ((inside, outside), (outside, inside)):
            for text in of:
                share = (0.5 if others else 1) / len(of)
                error = 4.5 * (share * (1 - share) / count) ** 0.5
                assert abs(found[length].count(text) / count - share) <= error
    long = [text for n in (10, 12) for text in found[n]]
    assert abs(np.mean([*map(rule, long)]) - 1 / 2) < 4.5 * (1 / 4 / len(long)) ** 0.5


@pytest.mark.parametrize(("number", "prefixes"), [(1, False), (2, True), (3, False), (5, True)])
def test_the_baseline_is_the_loss_of_the_best_guess_from_the_symbol_and_its_step(number, prefixes):
    task = Tomita(number, 5, prefixes=prefixes)
    batch = sample(task, 8000)
    shown = batch.inputs.argmax(-1)
    logits = np.zeros((*shown.shape, 2), np.float32)
    for t, symbol in itertools.product(range(5), range(2)):
        here = batch.mask[t] & (shown[t] == symbol)
        if here.any():
            share = batch.targets[t, here].mean()
            logits[t, here] = np.log(np.maximum([1 - share, share], 1e-9))
    assert judge(task, logits, batch)[0] == pytest.approx(task.baseline, rel=0.02, abs=1e-3)


def test_a_length_alone_tells_half_of_the_even_language():
    # All strings of an odd length are out, and the last symbol of the others says nothing.
    assert Tomita(5, 6).baseline == pytest.approx(math.log(2) / 2)


@pytest.mark.parametrize("number", [2])
def test_only_the_last_answer_counts_in_recognition(number):
    batch = sample(Tomita(number, 12), 50)
    assert (batch.mask.sum(0) == 1).all()
    assert (batch.mask.argmax(0) == lengths(batch) - 1).all()


def test_long_strings_are_half_in_the_language_too():
    task = Tomita(2, 20, tested=100)
    batch = held_out(task.source("test", 400))
    found = strings(batch, "01")
    assert 20 < min(map(len, found)) <= max(map(len, found)) <= 100
    even = [RULES[1](text) for text in found if len(text) % 2 == 0]
    assert abs(np.mean(even) - 1 / 2) < 4.5 * (1 / 4 / len(even)) ** 0.5


@pytest.mark.parametrize("number", [0, 8, -1])
def test_other_languages_are_refused(number):
    with pytest.raises(ValueError, match="number must be from 1 to 7"):
        Tomita(number)
