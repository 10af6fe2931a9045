"""Binary multiplication."""

import jax
import jax.numpy as jnp

from rnnjax.tasks.formal.binaryarithmetic import BinaryArithmetic
from rnnjax.typing import Array


class BinaryMultiplication(BinaryArithmetic):
    """Multiply two binary numbers, the lowest digit first.

    For 4 * 22 = 88:

        inputs   0 0 1 * 0 1 1 0 1 ? ? ? ? ? ? ? ? ?
        targets  . . . . . . . . . 0 0 0 1 1 0 1 2 0      dots do not count, 2 ends the answer

    The * is symbol 2. Numbers may have leading zeros, here last, and products have none. No number
    is 0. Strings of one or two symbols have no *; their answers are no digit, and a zero. A
    context-sensitive task.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> draw = jax.jit(BinaryMultiplication(6, shortest=None).sample, static_argnums=1)
        >>> batch = draw(jax.random.key(2), 1)
        >>> batch.inputs[:6, 0].argmax(-1).tolist(), batch.targets[6:, 0].tolist()
        ([0, 1, 1, 2, 1, 1], [0, 1, 0, 0, 1, 2])
    """

    def answers_of(self, size: Array | int) -> Array | int:
        """Returns `size`."""
        return size

    def combined(self, x: Array, y: Array) -> Array:
        """Returns the product: the second number, shifted to each one of the first, added up."""

        def add(carry: tuple[Array, Array], digit: Array) -> tuple[tuple[Array, Array], None]:
            total, shifted = carry
            return (total + digit * shifted, jnp.pad(shifted[:-1], (1, 0))), None

        return jax.lax.scan(add, (jnp.zeros_like(y), y), x)[0][0]

    def chances(self, size: int) -> None:
        """Returns None: the digits of products have no closed form, and a table is no small one."""
        del size
