"""Languages of brackets, by stacks and counters in plain Python."""

import collections
import functools
import itertools

import numpy as np
import pytest

from rnnjax.tasks import Dyck, ShuffleDyck
from tests.tasks.compiled import held_out, judge, sample
from tests.tasks.formal.reading import loss_by_symbol, strings, wanted

SAMPLES = 2000
ORDER = "()[]{}"


def dyck(text, kinds):
    """Returns what may come after each symbol; None if the text is in no string."""
    stack, found = [], []
    for symbol in text:
        if symbol in "([{":
            stack.append(ORDER[ORDER.index(symbol) + 1])
        elif not stack or stack.pop() != symbol:
            return None
        found.append({*ORDER[: 2 * kinds : 2], *stack[-1:]})
    return None if stack else found


def shuffle(text, kinds):
    count, found = collections.Counter(), []
    for symbol in text:
        opened = ORDER[ORDER.index(symbol) // 2 * 2]
        count[opened] += 1 if symbol == opened else -1
        if count[opened] < 0:
            return None
        closing = {ORDER[i + 1] for i in range(0, 2 * kinds, 2) if count[ORDER[i]]}
        found.append({*ORDER[: 2 * kinds : 2], *closing})
    return None if any(count.values()) else found


RULES = {Dyck: dyck, ShuffleDyck: shuffle}
TASKS = [
    kind(*sizes)
    for kind, sizes in itertools.product(RULES, [(7, 1), (6, 2), (9, 3, 0.2, 0.5), (3, 2, 0.6)])
]
every_task = pytest.mark.parametrize("task", TASKS, ids=repr)


@functools.cache
def drawn(task):
    return sample(task, SAMPLES)


@every_task
def test_a_stack_or_counters_say_the_same(task):
    batch = drawn(task)
    texts, bits = strings(batch, ORDER), wanted(batch, ORDER[: 2 * task.kinds])
    for text, found in zip(texts, bits, strict=True):
        expected = RULES[type(task)](text, task.kinds)
        assert expected is not None, text
        assert [set(symbols) for symbols in found] == expected
    assert {len(text) for text in texts} == {2 * n for n in range(1, task.pairs + 1)}
    assert {*"".join(texts)} == {*ORDER[: 2 * task.kinds]}
    assert np.array_equal(batch.mask, batch.steps)


def test_checkers_have_the_examples_of_the_definition():
    assert dyck("([])", 2) == [{*"([)"}, {*"([]"}, {*"([)"}, {*"(["}]
    assert shuffle("([)]", 2) == [{*"([)"}, {*"([)]"}, {*"([]"}, {*"(["}]
    assert dyck("([)]", 2) is None
    assert shuffle("())(", 2) is None


def test_only_shuffled_pairs_cross():
    crossing = [text for text in strings(drawn(ShuffleDyck(6, 2)), ORDER) if dyck(text, 2) is None]
    assert len(crossing) > SAMPLES / 4


@functools.cache
def chance(text, p, q):
    """Returns how likely the grammar makes a string, from its rules."""
    r = 1 - p - q
    nothing = (1 - (1 - 4 * q * r) ** 0.5) / (2 * q)
    if not text:
        return nothing
    made = 0.0
    if dyck(text[1:-1], 1) is not None and text[0] == "(":
        made += p * chance(text[1:-1], p, q)
    for cut in range(2, len(text), 2):
        if dyck(text[:cut], 1) is not None:
            made += q * chance(text[:cut], p, q) * chance(text[cut:], p, q)
    return made / (1 - 2 * q * nothing)


@pytest.mark.parametrize(("pairs", "p", "q"), [(4, 0.5, 0.25), (3, 0.2, 0.5), (3, 0.1, 0.1)])
def test_strings_of_a_length_are_as_likely_as_the_grammar_makes_them(pairs, p, q):
    texts = strings(sample(Dyck(pairs, 1, p, q, shortest=None), SAMPLES), ORDER)
    every = ["".join(text) for text in itertools.product("()", repeat=2 * pairs)]
    chances = {text: chance(text, p, q) for text in every if dyck(text, 1) is not None}
    for text, weight in chances.items():
        share = weight / sum(chances.values())
        assert abs(texts.count(text) / SAMPLES - share) < 4.5 * (share / SAMPLES) ** 0.5 + 1e-3


def test_the_grammar_makes_as_many_short_strings_as_published():
    # Of its strings to 50 symbols .238 have two, and .149 four.
    four = chance("(())", 0.5, 0.25) + chance("()()", 0.5, 0.25)
    assert four / chance("()", 0.5, 0.25) == pytest.approx(0.149 / 0.238, rel=0.01)


def test_kinds_are_merged_in_every_order_alike():
    texts = strings(sample(ShuffleDyck(2, 2, shortest=None), SAMPLES), ORDER)
    mixed = {"".join(order) for order in itertools.permutations("()[]")}
    expected = {text: 1 / 12 for text in mixed if shuffle(text, 2) is not None}
    assert len(expected) == 6
    for text in ("(())", "()()"):
        share = chance(text, 0.5, 0.25) / (chance("(())", 0.5, 0.25) + chance("()()", 0.5, 0.25))
        expected[text] = expected[text.translate(str.maketrans("()", "[]"))] = share / 4
    assert sum(expected.values()) == pytest.approx(1)
    for text, share in expected.items():
        assert abs(texts.count(text) / SAMPLES - share) < 4.5 * (share / SAMPLES) ** 0.5


@every_task
def test_the_baseline_is_the_loss_of_the_best_guess_from_the_bracket(task):
    assert loss_by_symbol(task, drawn(task)) == pytest.approx(task.baseline, rel=0.03)


def test_one_kind_is_the_same_shuffled_or_not():
    assert ShuffleDyck(8, 1).baseline == pytest.approx(Dyck(8, 1).baseline)


def test_one_wrong_bit_makes_a_string_wrong():
    task = Dyck(7, 1)
    batch = drawn(task)
    outputs = batch.targets.copy()
    outputs[0, :500, 0] = 0.4
    outputs[~batch.steps] = 9
    assert judge(task, outputs, batch)[2] == pytest.approx(1 - 500 / SAMPLES)
    # All closings allowed is wrong at the end of each string.
    assert judge(task, np.ones_like(batch.targets), batch)[2] == 0


def test_a_test_of_longer_strings_keeps_the_rule():
    task = Dyck(5, 2, tested=9)
    batch = held_out(task.source("test", 50))
    texts = strings(batch, ORDER)
    assert {len(text) for text in texts} == {12, 14, 16, 18}
    assert all(dyck(text, 2) for text in texts)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kinds": 0}, "kinds must be 1 or more"),
        ({"p": 0.0}, "p and q must be above 0"),
        ({"q": 0.0}, "p and q must be above 0"),
        ({"p": 0.5, "q": 0.5}, "their sum below 1"),
        ({"pairs": 0, "shortest": None}, "pairs must be 1 or more"),
    ],
)
@pytest.mark.parametrize("kind", RULES)
def test_what_is_no_grammar_is_refused(kind, fields, message):
    with pytest.raises(ValueError, match=message):
        kind(**fields)
