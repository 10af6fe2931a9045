"""Compute sqrt: the whole part of the square root of a binary number."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import draw_words, not_all_zero
from rnnjax.tasks.formal.stringtask import Strings, StringTask
from rnnjax.typing import Array, Key


class ComputeSqrt(StringTask):
    """Say the whole part of the square root of a binary number, the highest digit first.

        inputs   1 0 0 1 0 1 ? ? ?      37, of which the square root is 6.08
        targets  . . . . . . 1 1 0      6; dots do not count

    Numbers are from 1 to the greatest of a length, equally likely, and may have leading zeros, as
    roots do, which have half as many digits, rounded up. A context-sensitive task.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> draw = jax.jit(ComputeSqrt(6, shortest=None).sample, static_argnums=1)
        >>> batch = draw(jax.random.key(0), 1)
        >>> batch.inputs[:6, 0].argmax(-1).tolist(), batch.targets[6:, 0].tolist()
        ([1, 0, 0, 0, 1, 0], [1, 0, 1])
    """

    def answers_of(self, size: Array | int) -> Array | int:
        """Returns half of `size`, rounded up."""
        return (size + 1) // 2

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a number that is not 0, and takes its root digit by digit."""
        bits = not_all_zero(draw_words(key, self.length), jnp.arange(self.length) < size)
        count = int(self.answers_of(self.length))
        first = 1 - size % 2  # an odd number of digits begins with half a pair
        pairs = jax.lax.dynamic_slice_in_dim(jnp.pad(bits, 1), first, 2 * count).reshape(count, 2)
        nothing = jnp.zeros(count + 2, int)
        return Strings(bits, jax.lax.scan(_next_digit, (nothing, nothing), pairs)[1])

    def chances(self, size: int) -> np.ndarray:
        """Returns how many of the numbers have a root with a one at each place.

        The root is v for the numbers from `v^2` to `(v + 1)^2 - 1`. The roots with a one of weight
        w are from `(2 m + 1) w` to `(2 m + 2) w - 1`, for any m, so that these belong to numbers
        from `((2 m + 1) w)^2` to `((2 m + 2) w)^2 - 1`, of which there are `(4 m + 3) w^2`; of all
        m below M, `M (2 M + 1) w^2`.
        """
        numbers, ones = 2**size, []
        for place in reversed(range(int(self.answers_of(size)))):
            w = 2**place
            whole = math.isqrt(numbers) // (2 * w)  # so many m have all of their numbers
            begun = ((2 * whole + 1) * w) ** 2  # and one more may have some
            found = whole * (2 * whole + 1) * w * w + max(0, numbers - begun)
            ones.append(found / (numbers - 1))
        return np.stack([1 - np.array(ones), ones], axis=-1)


def _next_digit(state: tuple[Array, Array], pair: Array) -> tuple[tuple[Array, Array], Array]:
    """Takes two more digits of a number, and returns one more of its root, as on paper.

    It is a one where `4 root + 1` can be taken from the rest. Root and rest are digits, the lowest
    first, without an end to their number: a difference borrows at a place if the highest digits
    below it that differ are 0 and 1.
    """
    root, rest = state
    rest = jnp.concatenate([pair[::-1], rest[:-2]])
    trial = jnp.concatenate([jnp.array([1, 0]), root[:-2]])
    differ = rest - trial
    highest = jnp.where(differ == 0, 0, 2 * jnp.arange(len(rest)) + (differ < 0))
    borrows = jax.lax.cummax(highest) % 2
    fits = borrows[-1] == 0
    taken = (differ - jnp.pad(borrows[:-1], (1, 0))) % 2
    digit = fits.astype(rest.dtype)
    root = jnp.concatenate([digit[None], root[:-1]])
    return (root, jnp.where(fits, taken, rest)), digit
