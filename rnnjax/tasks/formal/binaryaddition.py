"""Binary addition."""

import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.formal.binaryarithmetic import BinaryArithmetic
from rnnjax.typing import Array


class BinaryAddition(BinaryArithmetic):
    """Add two binary numbers, the lowest digit first.

    For 4 + 22 = 26:

        inputs   0 0 1 + 0 1 1 0 1 ? ? ? ? ? ? ? ? ? ?
        targets  . . . . . . . . . 0 1 0 1 1 2 0 0 0 0      dots do not count, 2 ends the answer

    The + is symbol 2. Numbers may have leading zeros, here last, and sums have none. No number is 0
    but in strings of one or two symbols, which have no +. A context-sensitive task.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> draw = jax.jit(BinaryAddition(6, shortest=None).sample, static_argnums=1)
        >>> batch = draw(jax.random.key(2), 1)
        >>> batch.inputs[:6, 0].argmax(-1).tolist(), batch.targets[6:, 0].tolist()
        ([0, 1, 1, 2, 1, 1], [1, 0, 0, 1, 2, 0, 0])
    """

    def answers_of(self, size: Array | int) -> Array | int:
        """Returns `size + 1`."""
        return size + 1

    def combined(self, x: Array, y: Array) -> Array:
        """Returns the sum."""
        return jnp.pad(x + y, (0, 1))

    def chances(self, size: int) -> np.ndarray:
        """Returns the mean, over the places of the +, of how sums are distributed.

        With A digits in one number and B, not fewer, in the other, of the pairs without a 0 so many

            have a sum below 2^i      (2^i - 1) (2^i - 2) / 2               for i up to A
                                      (2^A - 1) (2^i - 1 - 2^(A-1))         for i up to B
            have a one at place i     (2^(A+B) - 2^B - 2^A [i < A]) / 2     for i below B

        Ones are half of all pairs, as the longer number alone decides, less those of pairs with a
        0. No sum has a place above B, and who reaches `2^B` has a one there. Everything is divided
        by `2^(A+B)`, which has no end.
        """
        if size == 1:  # 0
            return self.chances_of(ones=np.zeros(2), ends=np.array([0.0, 1.0]))
        if size == 2:  # 0, 1 or 2
            return self.chances_of(ones=np.array([1, 1, 0]) / 3, ends=np.array([0, 2, 1]) / 3)
        i, n = np.arange(size + 1.0), np.arange(1.0, size - 1)[:, None]
        A, B = np.minimum(n, size - 1 - n), np.maximum(n, size - 1 - n)
        x, y, pairs = 2.0**-A, 2.0**-B, (1 - 2.0**-A) * (1 - 2.0**-B)
        a, b = np.minimum(i, A) - A, np.minimum(i, B) - B  # i as a power of x's and y's range
        below = np.where(
            i <= A, (2**a - x) * (2**b - 2 * y) / 2, (1 - x) * (2**b - y - 2 ** (A - B) / 2)
        )
        below = np.where(i > B, 1, below / pairs)
        ones = np.where(i < B, (1 - x - y * (i < A)) / 2 / pairs, 1 - below)
        ends = np.diff(below, axis=1, prepend=0)
        return self.chances_of(ones.mean(0), ends.mean(0))
