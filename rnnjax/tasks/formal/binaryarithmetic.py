"""What tasks share that read two binary numbers and say a third."""

import abc

import jax
import jax.numpy as jnp

from rnnjax.tasks.draws import below, draw_words, not_all_zero
from rnnjax.tasks.formal.endedtask import EndedTask
from rnnjax.typing import Array, Key

_OPERATOR = 2


class BinaryArithmetic(EndedTask):
    """Read two binary numbers, the lowest digit first, and say what an operation makes of them.

    The operator, symbol 2, is at any place but the ends of the string, uniformly; the numbers
    before and after it are uniform too, but never 0. Strings of one or two symbols have no
    operator: they are one number, uniform among all but the greatest.
    """

    @property
    def symbols(self) -> int:
        """Zeros, ones and the operator."""
        return 3

    @abc.abstractmethod
    def combined(self, x: Array, y: Array) -> Array:
        """Returns the result's digits, whole numbers yet to be carried.

        Args:
            x: digits of the first number, and zeros, `[length]`.
            y: of the second; zeros where there is none.

        Returns:
            `[answers_of(length)]`.
        """

    def answered(self, key: Key, size: Array | int) -> tuple[Array, Array, Array]:
        """Draws two numbers, and computes the result without leading zeros."""
        words, at = draw_words(key, self.length + 1), jnp.arange(self.length)
        alone = size < 3
        place = jnp.where(alone, size, 1 + below(words[0], jnp.maximum(size - 2, 1)))
        first, second = at < place, (at > place) & (at < size)
        x, y = not_all_zero(words[1:], first), not_all_zero(words[1:], second)
        x = jnp.where(alone & first, 1 - x, x)
        text = jnp.where(at == place, _OPERATOR, x + y)
        y = jax.lax.dynamic_slice_in_dim(jnp.pad(y, (0, self.length)), place + 1, self.length)
        result = carried(self.combined(x, y))
        # A result of 0 has a digit, if there is room for it beside the end.
        digits = 1 + jnp.max(jnp.where(result > 0, jnp.arange(len(result)), -1))
        digits = jnp.maximum(digits, jnp.minimum(self.answers_of(size) - 1, 1))
        return text, result, digits


def carried(digits: Array) -> Array:
    """Returns whole numbers, digits of rising powers of two, as binary digits.

    What would be carried beyond the last is lost.

    Example:
        >>> carried(jnp.array([3, 2, 0, 0])).tolist()  # 3 + 2 * 2 is 7
        [1, 1, 1, 0]
    """

    def carry(above: Array, digit: Array) -> tuple[Array, Array]:
        return (above + digit) >> 1, (above + digit) & 1

    return jax.lax.scan(carry, jnp.zeros_like(digits[0]), digits)[1]
