"""Answers of the tasks of the Chomsky hierarchy, in plain Python."""

import itertools
import math
import re

from rnnjax import tasks


def spelled(string, alphabet):
    return "".join(alphabet[symbol] for symbol in string)


def number(bits):
    return sum(bit << i for i, bit in enumerate(bits))


def ended(digits, steps):
    return [*digits, 2, *[0] * (steps - 1 - len(digits))]


def even_pairs(string):
    return [sum(a != b for a, b in itertools.pairwise(string)) % 2]


def parity(string):
    return [string.count(1) % 2]


def cycle_navigation(string, cycle=5):
    return [(string.count(2) - string.count(0)) % cycle]


def modular_arithmetic(string, modulus=5, operators="+-*"):
    text = spelled(string, "0123456789"[:modulus] + "+-*")
    assert re.fullmatch(rf"\d([{re.escape(operators)}]\d)*", text)
    return [eval(text) % modulus]


def end_of_expression(text, start=0):
    if text[start] in "-0123456789":
        found = re.compile(r"-?\d").match(text, start)
        return found.end()
    assert text[start] == "("
    end = end_of_expression(text, start + 1)
    if text[end] == ")":
        assert re.fullmatch(r"-?\d", text[start + 1 : end])
    else:
        assert text[end] in "+-*"
        end = end_of_expression(text, end + 1)
        assert text[end] == ")"
    return end + 1


def modular_arithmetic_brackets(string, modulus=5):
    text = spelled(string, "0123456789"[:modulus] + "+-*()")
    assert end_of_expression(text) == len(text)
    return [eval(text) % modulus]


def solve_equation(string):
    if len(string) < 3:
        assert not any(string)
        return [0]
    left, right = spelled(string, "01234+-()x=").split("=")
    assert left.count("x") == 1
    assert end_of_expression(left.replace("x", "0")) == len(left)
    solutions = [x for x in range(5) if eval(left.replace("x", str(x))) % 5 == int(right)]
    assert len(solutions) == 1
    return solutions


def stack_manipulation(string):
    first = [symbol < 2 for symbol in string].index(False) if len(string) > 1 else 1
    assert first > 0
    assert min(string[first:], default=2) >= 2
    stack = string[:first]
    for move in string[first:]:
        if move > 2:
            stack.append(move - 3)
        elif stack:
            stack.pop()
    return ended(stack[::-1], len(string) + 1)


def missing_duplicate(string):
    if len(string) == 1:
        assert string == [1]
        return [1]
    half = len(string) // 2
    assert string[2 * half :] == [3] * (len(string) % 2)
    first, second = string[:half], string[half : 2 * half]
    ((a, b),) = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
    assert 2 in (a, b)
    return [min(a, b)]


def numbers(string):
    if len(string) < 3:
        assert 2 not in string
        assert 0 in string
        return number(string), 0
    place = string.index(2)
    x, y = number(string[:place]), number(string[place + 1 :])
    assert x > 0
    assert y > 0
    return x, y


def little_endian(value):
    return [int(bit) for bit in reversed(f"{value:b}")]


def binary_addition(string):
    return ended(little_endian(sum(numbers(string))), len(string) + 1)


def binary_multiplication(string):
    x, y = numbers(string)
    return ended(little_endian(x * y) if y else [0] * (len(string) - 1), len(string))


def compute_sqrt(string):
    value = number(string[::-1])
    assert value > 0
    return [int(bit) for bit in f"{math.isqrt(value):0{(len(string) + 1) // 2}b}"]


def odds_first(string):
    return string[1::2] + string[::2]


RULES = [
    (tasks.EvenPairs(30), even_pairs),
    (tasks.Parity(30, pondering=2), parity),
    (tasks.CycleNavigation(30), cycle_navigation),
    (tasks.ModularArithmetic(40), modular_arithmetic),
    (tasks.ModularArithmeticBrackets(60, operators="+-*"), modular_arithmetic_brackets),
    (tasks.SolveEquation(40), solve_equation),
    (tasks.ReverseString(30), lambda string: string[::-1]),
    (tasks.StackManipulation(30), stack_manipulation),
    (tasks.DuplicateString(20, pondering=1), lambda string: 2 * string),
    (tasks.MissingDuplicate(30), missing_duplicate),
    (tasks.OddsFirst(30), odds_first),
    (tasks.BinaryAddition(80, padding=False), binary_addition),
    (tasks.BinaryMultiplication(80), binary_multiplication),
    (tasks.ComputeSqrt(80), compute_sqrt),
    (tasks.BucketSort(30), sorted),
]
RULE = {type(task): rule for task, rule in RULES}
TASK = {type(task): task for task, _ in RULES}
