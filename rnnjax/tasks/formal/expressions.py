"""Arithmetic expressions modulo a number, as strings of symbols.

The digits are their own symbols, from 0 to `modulus - 1`; above them come these, in this order.
"""

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key

PLUS, MINUS, TIMES, OPEN, CLOSE = range(5)  # more than the digits
OPERATORS = "+-*"


def check(modulus: int, operators: str, text: object) -> None:
    """Refuses digits and operators that cannot be.

    Raises:
        ValueError: if `modulus` is below 2, or `operators` are none or others than `+-*`; said of
            `text`.
    """
    if modulus < 2:
        raise ValueError(f"{text}: modulus must be 2 or more")
    if not operators or not set(operators) <= set(OPERATORS):
        raise ValueError(f"{text}: operators must be some of {OPERATORS}")


def draw_operators(key: Key, operators: str, modulus: int, count: int) -> Array:
    """Draws `count` symbols of operators that are equally likely."""
    symbols = jnp.array([modulus + OPERATORS.index(operator) for operator in operators])
    return symbols[jax.random.randint(key, (count,), 0, len(operators))]


def applied(operator: Array, left: Array, right: Array, modulus: int) -> Array:
    """Returns the value of an operation; where there is no operator, `right`.

    Example:
        >>> applied(jnp.array(5 + MINUS), jnp.array(1), jnp.array(3), modulus=5).item()
        3
    """
    kinds = [operator == modulus + kind for kind in (PLUS, MINUS, TIMES)]
    return jnp.select(kinds, [left + right, left - right, left * right], right) % modulus


def draw_bracketed(key: Key, size: Array | int, length: int, modulus: int, operators: str) -> Array:
    """Draws an expression of exactly `size` symbols, padded to `length`.

    Up to four symbols are one digit: `d`, `-d`, `(d)` or `(-d)`. More are `(A o B)`, where A and B
    are such expressions, A of any size that leaves one for B, each as likely.

    All places are divided at once: each knows where the expression begins that it is in and how
    many symbols that has, and settles once it is a bracket, an operator or in an expression of a
    digit.
    """
    key, key_digits, key_operators = jax.random.split(key, 3)
    at = jnp.arange(length)
    digits = jax.random.randint(key_digits, (length,), 0, modulus)
    between = draw_operators(key_operators, operators, modulus, length)

    def divide(state: tuple[Key, Array, Array, Array]) -> tuple[Key, Array, Array, Array]:
        key, text, start, count = state
        key, key_left = jax.random.split(key)
        # What its first place has drawn is an expression's own.
        left = jax.random.randint(key_left, (length,), 1, jnp.maximum(count - 3, 2))[start]
        middle, end = start + 1 + left, start + count - 1
        here = [at == start, at == middle, at == end]
        marks = [modulus + OPEN, between, modulus + CLOSE]
        apart = count > 4
        before = at < middle
        settled = here[0] | here[1] | here[2]
        text = jnp.where(apart, jnp.select(here, marks, text), text)
        start = jnp.where(apart, jnp.where(before, start + 1, middle + 1), start)
        parts = jnp.where(settled, 0, jnp.where(before, left, count - 3 - left))
        return key, text, start, jnp.where(apart, parts, count)

    whole = jnp.where(at < size, size, 0)
    state = jax.lax.while_loop(
        lambda state: (state[3] > 4).any(), divide, (key, digits, jnp.zeros_like(at), whole)
    )
    _, text, start, count = state
    i = at - start  # of the places in expressions of a digit, which stands behind `(` and `-`
    brackets, negative = count > 2, (count == 2) | (count == 4)
    here = [brackets & (i == 0), brackets & (i == count - 1), negative & (i == count // 4)]
    return jnp.select(here, [modulus + OPEN, modulus + CLOSE, modulus + MINUS], text)


def value_of(text: Array, size: Array | int, modulus: int) -> Array:
    """Returns the value of an expression of `size` symbols that has brackets round each operation.

    Example:
        >>> text = "(3-(-4))"
        >>> symbols = jnp.array([int(s) if s.isdigit() else 5 + "+-*()".index(s) for s in text])
        >>> value_of(symbols, len(text), modulus=5).item()
        2
    """
    there = jnp.arange(len(text)) < size
    digits, opens, closes = text < modulus, text == modulus + OPEN, text == modulus + CLOSE
    follows = jnp.pad(digits | closes, (1, 0))[:-1]  # what has a value is before it
    operators = ~(digits | opens | closes) & follows
    negative = jnp.pad((text == modulus + MINUS) & ~follows, (1, 0))[:-1]
    values = jnp.where(negative, -text, text) % modulus

    def read(carry: tuple, now: tuple) -> tuple[tuple, None]:
        lefts, pending, level, value = carry  # the operation in each pair of brackets that is open
        symbol, digit, is_digit, operates, opens, closes = now
        level = level + opens
        closed = applied(pending[level], lefts[level], value, modulus)
        value = jnp.where(is_digit, digit, jnp.where(closes, closed, value))
        lefts = lefts.at[level].set(jnp.where(operates, value, lefts[level]))
        pending = pending.at[level].set(jnp.where(operates | opens, symbol, pending[level]))
        return (lefts, pending, level - closes, value), None

    nothing, zero = jnp.zeros(len(text) // 4 + 2, text.dtype), jnp.zeros((), text.dtype)
    kinds = (kind & there for kind in (digits, operators, opens, closes))
    carry, _ = jax.lax.scan(read, (nothing, nothing, zero, zero), (text, values, *kinds))
    return carry[-1]
