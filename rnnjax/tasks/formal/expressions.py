"""Arithmetic expressions modulo a number, as strings of symbols.

The digits are their own symbols, from 0 to `modulus - 1`; above them come these, in this order.
"""

import jax
import jax.numpy as jnp

from rnnjax.tasks.draws import below
from rnnjax.typing import Array

PLUS, MINUS, TIMES, OPEN, CLOSE = range(5)  # more than the digits
OPERATORS = "+-*"


def spelled(words: Array, operators: str, modulus: int) -> Array:
    """Returns symbols of operators that are equally likely, made of random words."""
    symbols = jnp.array([modulus + OPERATORS.index(operator) for operator in operators])
    return symbols[below(words, len(operators))]


def applied(operator: Array, left: Array, right: Array, modulus: int) -> Array:
    """Returns the value of an operation; where there is no operator, `right`.

    Example:
        >>> applied(jnp.array(5 + MINUS), jnp.array(1), jnp.array(3), modulus=5).item()
        3
    """
    kinds = [operator == modulus + kind for kind in (PLUS, MINUS, TIMES)]
    return jnp.select(kinds, [left + right, left - right, left * right], right) % modulus


def bracketed(words: Array, size: Array | int, operators: str, modulus: int) -> Array:
    """Returns an expression of exactly `size` symbols, padded, made of as many random words.

    Up to four symbols are one digit: `d`, `-d`, `(d)` or `(-d)`. More are `(A o B)`, where A and B
    are such expressions, A of any size that leaves one for B, each as likely.

    All expressions are divided at once, again and again until none has more than four symbols. Each
    place keeps where the expression that it is in begins and how many symbols that has, 0 once the
    place is a bracket or an operator. The word of a place says which digit or operator stands
    there, and that of an opening bracket how many symbols A has.
    """
    at = jnp.arange(len(words))
    operator = spelled(words, operators, modulus)

    def divide(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        text, start, count = state
        left = 1 + below(words[start], jnp.maximum(count - 4, 1))
        middle, end = start + 1 + left, start + count - 1
        here = [at == start, at == middle, at == end]
        marks = jnp.select(here, [modulus + OPEN, operator, modulus + CLOSE], text)
        after = at > middle
        rest = jnp.select([here[0] | here[1] | here[2], after], [0, count - 3 - left], left)
        divided = marks, jnp.where(after, middle, start) + 1, rest
        return jax.tree.map(lambda new, old: jnp.where(count > 4, new, old), divided, state)

    undivided = below(words, modulus), jnp.zeros_like(at), jnp.where(at < size, size, 0)
    text, start, count = jax.lax.while_loop(lambda s: (s[2] > 4).any(), divide, undivided)
    i, brackets = at - start, count > 2  # in an expression of one digit
    signs = ((count == 2) & (i == 0)) | ((count == 4) & (i == 1))
    here = [brackets & (i == 0), brackets & (i == count - 1), signs]
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
