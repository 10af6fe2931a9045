"""The tasks of the Chomsky hierarchy, by rules in plain Python."""

import dataclasses
import functools
import inspect
import itertools
import math

import jax
import numpy as np
import pytest

from rnnjax import tasks
from tests.catalogue import name
from tests.tasks.compiled import judge
from tests.tasks.formal.string_rules import (
    RULE,
    RULES,
    TASK,
    end_of_expression,
    number,
    solve_equation,
    spelled,
)

SAMPLES = 1000


every_rule = pytest.mark.parametrize(("task", "rule"), RULES, ids=name)


@functools.partial(jax.jit, static_argnums=0)
def _drawn(task, key, sizes):
    return jax.vmap(task.draw)(jax.random.split(key, SAMPLES), sizes)


@functools.cache
def drawn(task, size=None, seed=0):
    """Draws sequences of a size, or of each: one program of a task for all. Also returns sizes."""
    sizes = np.arange(SAMPLES) % task.length + 1 if size is None else np.full(SAMPLES, size)
    return jax.tree.map(np.asarray, _drawn(task, jax.random.key(seed), sizes)), sizes


def strings(task, size=None, seed=0):
    """Yields the string of each sequence, and its answer: a symbol, None where none counts."""
    batch, sizes = drawn(task, size, seed)
    assert (np.sort(batch.inputs, -1)[..., -2:] == [0, 1]).all()
    asks = task.input_dim - 1
    counted = np.where(batch.mask, batch.targets, -1).tolist()
    for shown, answer, size in zip(batch.inputs.argmax(-1).tolist(), counted, sizes, strict=True):
        read = next(t for t, symbol in enumerate(shown) if symbol >= task.symbols)
        asked, end = read * (1 + task.pondering), task.steps_of(int(size))
        assert shown[read:end] == [task.symbols] * (asked - read) + [asks] * (end - asked)
        assert {*answer[:asked], *answer[end:]} <= {-1}
        yield shown[:read], [None if symbol < 0 else symbol for symbol in answer[asked:end]]


def wanted(task, rule, string):
    """Returns the answer by the rule."""
    answer = rule(string)
    if getattr(task, "padding", True):
        return answer
    end = answer.index(2)
    return answer[: end + 1] + [None] * len(answer[end + 1 :])


@every_rule
def test_answers_follow_the_rule(task, rule):
    lengths = set()
    for string, answer in strings(task):
        assert answer == wanted(task, rule, string)
        lengths.add(len(string))
    odd = isinstance(task, tasks.ModularArithmetic)
    assert lengths == set(range(1, task.length + 1, 1 + odd))


@pytest.mark.parametrize(
    ("kind", "string", "answer"),
    [
        (tasks.EvenPairs, "001110", "0"),
        (tasks.EvenPairs, "0101001", "1"),
        (tasks.Parity, "1010100", "1"),
        (tasks.CycleNavigation, "20100", "3"),
        (tasks.ModularArithmetic, "15273", "2"),
        (tasks.ModularArithmetic, "16161", "4"),
        (tasks.ModularArithmeticBrackets, "83686499", "2"),
        (tasks.ReverseString, "011010", "010110"),
        (tasks.StackManipulation, "0110422", "11020000"),
        (tasks.StackManipulation, "110222", "2000000"),
        (tasks.DuplicateString, "101", "101101"),
        (tasks.MissingDuplicate, "01100210", "1"),
        (tasks.MissingDuplicate, "1011213", "0"),
        (tasks.OddsFirst, "00110101", "01110100"),
        (tasks.BinaryAddition, "001201101", "0101120000"),
        (tasks.BinaryAddition, "10012000001", "100101200000"),
        (tasks.BinaryMultiplication, "001201101", "000110120"),
        (tasks.BinaryMultiplication, "10012000001", "00000100120"),
        (tasks.ComputeSqrt, "100101", "110"),
        (tasks.ComputeSqrt, "111", "10"),
        (tasks.BucketSort, "10204112", "00111224"),
    ],
    ids=lambda value: value.__name__ if inspect.isclass(value) else value,
)
def test_the_rules_are_those_of_the_examples_of_the_paper(kind, string, answer):
    assert RULE[kind]([int(symbol) for symbol in string]) == [int(symbol) for symbol in answer]


def test_an_equation_has_one_solution():
    assert solve_equation([7, 9, 5, 3, 8, 10, 1]) == [3]  # (x+3)=1


@pytest.mark.parametrize(
    "task",
    [task for task, _ in RULES if task.baseline is not None],
    ids=lambda task: type(task).__name__,
)
def test_nobody_who_has_not_read_a_string_does_better_than_the_baseline(task):
    for size in (1, 2, 3, 9, task.length):
        batch, _ = drawn(task, size)
        chances = task.chances(size)
        places = slice(task.steps_of(size) - len(chances), task.steps_of(size))
        answers = np.where(batch.mask, batch.targets, -1)[:, places]
        found = (answers[..., None] == np.arange(task.classes)).mean(0)
        assert np.abs(found - chances).max() < 4.5 * (1 / 4 / SAMPLES) ** 0.5
        assert (found[chances == 0] == 0).all()
    batch, sizes = drawn(task)
    chances = {size: task.chances(size) for size in range(1, task.length + 1)}
    rows = {size: np.maximum(each.sum(1, keepdims=True), 1e-99) for size, each in chances.items()}
    said = {size: each / rows[size] for size, each in chances.items()}
    losses = []
    for size, mask, targets in zip(sizes, batch.mask, batch.targets, strict=True):
        asked = mask.argmax()
        losses += [-math.log(said[size][t - asked, targets[t]]) for t in mask.nonzero()[0]]
    assert np.mean(losses) == pytest.approx(task.baseline, rel=0.02)


def every_string(task, size):
    """Yields all strings of a size, and how likely each is."""
    match task:
        case tasks.ModularArithmetic():
            parts = [range(5), range(5, 8)] * ((size - 1) // 2)
            for text in itertools.product(*parts, range(5)):
                yield text, 1
        case tasks.ModularArithmeticBrackets():
            yield from expressions(size, task.operators)
        case tasks.StackManipulation():
            for first in range(1, max(size, 2)):
                bits, moves = [range(2)] * first, [range(2, 5)] * (size - first)
                for text in itertools.product(*bits, *moves):
                    yield text, 1 / 2**first / 3 ** (size - first)
        case tasks.BinaryAddition() if size > 2:
            for place in range(1, size - 1):
                first = list(itertools.product(range(2), repeat=place))[1:]
                second = list(itertools.product(range(2), repeat=size - 1 - place))[1:]
                for x, y in itertools.product(first, second):
                    yield (*x, 2, *y), 1 / len(first) / len(second)
        case tasks.BinaryAddition():
            for text in list(itertools.product(range(2), repeat=size))[:-1]:
                yield text, 1
        case tasks.ComputeSqrt():
            for text in list(itertools.product(range(2), repeat=size))[1:]:
                yield text, 1
        case _:
            for text in itertools.product(range(task.symbols), repeat=size):
                yield text, 1


@functools.cache
def expressions(size, operators):
    if size < 5:
        signs = {1: ([], []), 2: ([6], []), 3: ([8], [9]), 4: ([8, 6], [9])}[size]
        return [((*signs[0], digit, *signs[1]), 1 / 5) for digit in range(5)]
    return [
        ((8, *left, 5 + "+-*".index(operator), *right, 9), p * q / (size - 4) / len(operators))
        for n in range(1, size - 3)
        for left, p in expressions(n, operators)
        for right, q in expressions(size - 3 - n, operators)
        for operator in operators
    ]


@pytest.mark.parametrize(
    ("task", "greatest"),
    [
        (tasks.EvenPairs(), 6),
        (tasks.CycleNavigation(), 6),
        (tasks.ModularArithmetic(), 5),
        (tasks.ModularArithmeticBrackets(), 8),
        (tasks.ModularArithmeticBrackets(operators="+-*"), 9),
        (tasks.StackManipulation(), 6),
        (tasks.StackManipulation(padding=False), 6),
        (tasks.BinaryAddition(), 8),
        (tasks.BinaryAddition(padding=False), 7),
        (tasks.ComputeSqrt(), 9),
        (tasks.BucketSort(), 5),
        (tasks.BucketSort(alphabet=3), 4),
    ],
    ids=repr,
)
def test_chances_are_those_of_all_strings(task, greatest):
    for size in range(1, greatest + 1):
        chances = np.zeros((int(task.answers_of(size)), task.classes))
        total = 0
        for text, weight in every_string(task, size):
            total += weight
            for i, symbol in enumerate(wanted(task, RULE[type(task)], list(text))):
                if symbol is not None:
                    chances[i, symbol] += weight
        np.testing.assert_allclose(task.chances(size), chances / total, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("task", "best"),
    [
        (tasks.EvenPairs(), {1: 1.0, 2: 0.5, 9: 0.5}),
        (tasks.CycleNavigation(), {1: 0.333, 2: 0.333, 5: 0.218, 10: 0.2008, 20: 0.2}),
        (tasks.ModularArithmetic(), {1: 0.2, 3: 0.2533, 5: 0.232, 9: 0.2087, 19: 0.2003}),
        (tasks.ModularArithmeticBrackets(), {1: 0.2, 4: 0.2, 5: 0.2, 40: 0.2}),
        (tasks.SolveEquation(), {1: 1.0, 2: 1.0, 3: 0.2, 40: 0.2}),
        (tasks.MissingDuplicate(), {1: 1.0, 2: 0.5, 40: 0.5}),
        (tasks.BinaryAddition(padding=False), {10: 0.52, 40: 0.501}),
        (tasks.ComputeSqrt(), {10: 0.60, 9: 0.535, 40: 0.525, 39: 0.509}),
        (tasks.BucketSort(), {5: 0.50, 10: 0.60, 40: 0.778, 100: 0.859, 500: 0.937}),
        (tasks.DuplicateString(), {3: 0.5}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_best_guess_at_a_place_is_right_as_often_as_was_computed_apart(task, best):
    for size, accuracy in best.items():
        chances = task.chances(size)
        digits = len(f"{accuracy}") - 2
        assert chances.max(1).sum() / chances.sum() == pytest.approx(accuracy, abs=0.6 / 10**digits)


def test_how_much_of_an_answer_counts_and_what_a_constant_gets():
    stack, addition = tasks.StackManipulation(padding=False), tasks.BinaryAddition(padding=False)
    for size, steps, zeros in ((10, 7.7, 0.44), (40, 27.6, 0.48), (500, 336, 0.498)):
        counts = stack.chances(size)
        assert counts.sum() == pytest.approx(steps, rel=0.01)
        assert counts[:, 0].sum() / counts.sum() == pytest.approx(zeros, abs=0.006)
    counts = addition.chances(10)
    assert counts[:, 1].sum() / counts.sum() == pytest.approx(0.4855, abs=6e-5)
    assert tasks.BinaryMultiplication().baseline is None


def test_baselines_of_batches_of_one_length_weigh_lengths_alike():
    task = tasks.StackManipulation(3)
    losses = [tasks.StackManipulation(size, shortest=None).baseline for size in (1, 2, 3)]
    assert task.baseline == pytest.approx(np.average(losses, weights=[2, 3, 4]))
    assert tasks.StackManipulation(3, alike=True).baseline == pytest.approx(np.mean(losses))
    # One step of two is a fair bit, the other the end; of three with two the second is open.
    assert losses[0] == pytest.approx(math.log(2) / 2)


def test_padding_counts_in_the_loss_alone():
    padded = TASK[tasks.StackManipulation]
    bare = dataclasses.replace(padded, padding=False)
    batch = jax.tree.map(lambda x: x[-20:].swapaxes(0, 1), drawn(padded)[0])
    ends, t = (batch.targets == 2).argmax(0), np.arange(len(batch.mask))[:, None]
    shorter = batch._replace(mask=batch.mask & (t <= ends))
    outputs = 9 * np.eye(3, dtype=np.float32)[batch.targets]
    outputs[t > ends] = [0, 9, 0]
    for task, same in ((padded, batch), (bare, shorter)):
        assert judge(task, outputs, same)[2] == 1
    assert judge(padded, outputs, batch)[0] > 1 > 0.01 > judge(bare, outputs, shorter)[0]
    outputs[t == ends] = [0, 9, 0]
    for task, same in ((padded, batch), (bare, shorter)):
        assert judge(task, outputs, same)[2] == pytest.approx(1 - 20 / shorter.mask.sum())


def assert_uniform(values, among):
    found = np.array([values.count(value) for value in among]) / len(values)
    assert found.sum() == pytest.approx(1)
    share = 1 / len(among)
    assert np.abs(found - share).max() < 4 * (share * (1 - share) / len(values)) ** 0.5


def test_strings_are_drawn_as_the_paper_says():
    task = TASK[tasks.ModularArithmeticBrackets]
    texts = [spelled(string, "01234+-*()") for string, _ in strings(task, 12)]
    assert_uniform([end_of_expression(text, 1) - 1 for text in texts], range(1, 9))
    assert_uniform([text[end_of_expression(text, 1)] for text in texts], "+-*")
    assert_uniform([next(filter(str.isdigit, text)) for text in texts], "01234")
    stacks = [string for string, _ in strings(TASK[tasks.StackManipulation], 7)]
    assert_uniform([sum(symbol < 2 for symbol in stack) for stack in stacks], range(1, 7))
    assert_uniform([stack[-1] for stack in stacks], range(2, 5))
    sums = [string for string, _ in strings(TASK[tasks.BinaryAddition], 7)]
    assert_uniform([string.index(2) for string in sums], range(1, 6))
    assert_uniform([number(s[:2]) for s in sums if s.index(2) == 2], range(1, 4))
    assert_uniform([number(s[-2:]) for s in sums if s.index(2) == 4], range(1, 4))
    alone = [number(string) for string, _ in strings(TASK[tasks.BinaryAddition], 2)]
    assert_uniform(alone, range(3))
    roots = [number(string) for string, _ in strings(TASK[tasks.ComputeSqrt], 3)]
    assert_uniform(roots, range(1, 8))
    holes = [string.index(2) for string, _ in strings(TASK[tasks.MissingDuplicate], 9)]
    assert_uniform(holes, range(8))


def test_an_unknown_moves_on_to_the_next_digit():
    places = [string.index(9) for string, _ in strings(TASK[tasks.SolveEquation], 7)]
    assert set(places) == {1, 3}  # of (d+d)=d
    # From the brackets' ends it is the first digit that is next: three of five places lead to it.
    assert abs(places.count(1) / SAMPLES - 3 / 5) < 4 * (0.24 / SAMPLES) ** 0.5


def test_an_even_length_of_modular_arithmetic_is_one_less():
    task = tasks.ModularArithmetic(4, shortest=None)
    shapes = jax.eval_shape(lambda key: task.sample(key, 3), jax.random.key(0))
    assert (shapes.inputs.shape, shapes.steps) == ((4, 3, 10), None)


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        (tasks.Parity, {"pondering": -1}, "pondering must be 0 or more"),
        (tasks.Parity, {"length": 0}, "length must be 1 or more"),
        (tasks.CycleNavigation, {"cycle": 1}, "cycle must be 2 or more"),
        (tasks.BucketSort, {"alphabet": 1}, "alphabet must be 2 or more"),
        (tasks.ModularArithmetic, {"modulus": 1}, "modulus must be from 2 to 46340"),
        (tasks.ModularArithmetic, {"modulus": 46_341}, "modulus must be from 2 to 46340"),
        (tasks.ModularArithmetic, {"operators": ""}, "operators must be some of"),
        (tasks.ModularArithmeticBrackets, {"operators": "+/"}, "operators must be some of"),
        (tasks.SolveEquation, {"modulus": 0}, "modulus must be from 2 to 46340"),
    ],
)
def test_strings_that_cannot_be_are_refused(kind, settings, said):
    with pytest.raises(ValueError, match=said):
        kind(**settings)
