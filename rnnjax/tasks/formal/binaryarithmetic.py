"""What tasks share that read two binary numbers and say a third."""

import abc

import jax
import jax.numpy as jnp

from rnnjax.tasks.formal.endedtask import EndedTask
from rnnjax.typing import Array, Key

_OPERATOR = 2


class BinaryArithmetic(EndedTask):
    """Read two binary numbers, the lowest digit first, and say what an operation makes of them.

    The operator, symbol 2, is at any place but the ends of the string, and the numbers before and
    after it are equally likely, but for 0, which is none of them. Strings of one or two symbols
    have no operator: they are one number, any but the greatest.
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
        key_place, key_bits = jax.random.split(key)
        alone = size < 3
        place = jax.random.randint(key_place, (), 1, jnp.maximum(size - 1, 2))
        place = jnp.where(alone, size, place)
        at = jnp.arange(self.length)
        first, second = at < place, (at > place) & (at < size)

        def refused(state: tuple[Key, Array]) -> Array:
            _, bits = state
            zero = ~(bits & first).any() | ~(bits & second).any()
            return jnp.where(alone, (bits | ~first).all(), zero)

        def again(state: tuple[Key, Array]) -> tuple[Key, Array]:
            key, key_bits = jax.random.split(state[0])
            return key, jax.random.bernoulli(key_bits, 0.5, (self.length,))

        _, drawn = jax.lax.while_loop(refused, again, again((key_bits, first)))
        bits = drawn.astype(int)
        behind = jnp.pad(bits * second, (0, self.length))
        y = jax.lax.dynamic_slice_in_dim(behind, place + 1, self.length)
        result = carried(self.combined(bits * first, y))
        # A result of 0 has a digit, if there is room for it beside the end.
        digits = 1 + jnp.max(jnp.where(result > 0, jnp.arange(len(result)), -1))
        digits = jnp.maximum(digits, jnp.minimum(self.answers_of(size) - 1, 1))
        return jnp.where(at == place, _OPERATOR, bits), result, digits


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
