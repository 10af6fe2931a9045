"""Counting languages, by all their strings."""

import functools

import pytest

from rnnjax.tasks import Counting
from tests.tasks.compiled import held_out, judge, sample
from tests.tasks.formal.reading import loss_by_symbol, strings, wanted

TASKS = [Counting(), Counting(6, 3), Counting(9, 4, start=False), Counting(5, start=False)]
every_task = pytest.mark.parametrize("task", TASKS, ids=repr)


def alphabet(task):
    return "S" * task.start + "abcd"[: task.letters] + "T"


@functools.cache
def language(task, greatest=30):
    """Returns all strings to an n, which is more than any that is drawn."""
    letters = "abcd"[: task.letters]
    counts = range(1, greatest + 1)
    return ["S" * task.start + "".join(s * n for s in letters) + "T" for n in counts]


@functools.cache
def drawn(task):
    return sample(task, 1000)


@every_task
def test_what_may_come_is_what_comes_in_some_string(task):
    batch = drawn(task)
    found = dict(zip(strings(batch, alphabet(task)), wanted(batch, alphabet(task)), strict=True))
    assert len(found) == task.repeats
    for text, symbols in found.items():
        assert text + "T" in language(task)
        for t, legal in enumerate(symbols):
            begun = [s for s in language(task) if s.startswith(text[: t + 1])]
            # A string that goes on as long as this one is no sign that all do.
            assert set(legal) == {s[t + 1] for s in begun}
    assert (batch.mask == batch.steps).all()


def test_the_examples_of_the_definition():
    batch = sample(Counting(3, shortest=None), 1)
    assert strings(batch, "SabT") == ["Saaabbb"]
    assert wanted(batch, "SabT") == [["a", "ab", "ab", "ab", "b", "b", "T"]]
    batch = sample(Counting(2, 3, start=False, shortest=None), 1)
    assert strings(batch, "abcT") == ["aabbcc"]
    assert wanted(batch, "abcT") == [["ab", "ab", "b", "c", "c", "T"]]


@every_task
def test_every_n_is_as_likely(task):
    texts = strings(drawn(task), alphabet(task))
    for n in range(1, task.repeats + 1):
        share = sum(text.count("a") == n for text in texts) / len(texts)
        assert abs(share - 1 / task.repeats) < 4.5 * (1 / task.repeats / len(texts)) ** 0.5


@every_task
def test_the_baseline_is_the_loss_of_the_best_guess_from_the_letter(task):
    assert loss_by_symbol(task, drawn(task)) == pytest.approx(task.baseline, rel=0.03)


def test_who_does_not_count_has_no_string_right_but_the_shortest():
    task = Counting()
    batch = drawn(task)
    outputs = batch.targets.copy()
    outputs[batch.inputs[..., 2] == 1] = (0, 0, 0, 1)  # after b the end
    ones = sum(text == "Sab" for text in strings(batch, alphabet(task)))
    assert judge(task, outputs, batch)[2] == pytest.approx(ones / 1000)
    outputs[batch.inputs[..., 2] == 1] = (0, 0, 1, 0)
    assert judge(task, outputs, batch)[2] == 0


def test_longer_strings_are_tested():
    task = Counting(4, 3, tested=12)
    texts = strings(held_out(task.source("test", 100)), "SabcT")
    assert {text.count("a") for text in texts} == set(range(5, 13))


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"letters": 1}, "letters must be 2 or more"), ({"repeats": 0}, "repeats must be 1 or more")],
)
def test_what_needs_no_counting_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Counting(shortest=None, **fields)
