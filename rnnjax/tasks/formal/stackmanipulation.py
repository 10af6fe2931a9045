"""Stack manipulation: what is on a stack after some moves."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.endedtask import EndedTask
from rnnjax.typing import Array, Key

_POP, _PUSH_0 = 2, 3


class StackManipulation(EndedTask):
    """Say what is on a stack after some moves.

    A string is the stack, zeros and ones, the lowest first; then come the moves: 2 takes the top
    away, if there is one, 3 puts a 0 on it and 4 puts a 1. The stack is said from its top on. With
    a stack of four, and 1 put on it and two symbols taken away:

        inputs   0 1 1 0 4 2 2 ? ? ? ? ? ? ? ?
        targets  . . . . . . . 1 1 0 2 0 0 0 0      dots do not count, 2 ends the answer

    The stack has from one symbol to one less than the string; a string of one symbol has no move.
    A deterministic context-free task.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> draw = jax.jit(StackManipulation(5, shortest=None).sample, static_argnums=1)
        >>> batch = draw(jax.random.key(2), 1)
        >>> batch.inputs[:5, 0].argmax(-1).tolist(), batch.targets[5:, 0].tolist()
        ([0, 1, 1, 2, 4], [1, 1, 0, 2, 0, 0])
    """

    @property
    def symbols(self) -> int:
        """Zeros, ones and three moves."""
        return 5

    def answers_of(self, size: Array | int) -> Array | int:
        """Returns `size + 1`: all of the string may be on the stack, and there is the end."""
        return size + 1

    def answered(self, key: Key, size: Array | int) -> tuple[Array, Array, Array]:
        """Draws a stack of fair bits and moves that are equally likely, and carries them out."""
        words, at = draw_words(key, self.length + 1), jnp.arange(self.length)
        first = 1 + below(words[0], jnp.maximum(size - 1, 1))
        text = jnp.where(at < first, below(words[1:], 2), _POP + below(words[1:], 3))

        def move(carry: tuple[Array, Array], symbol: Array) -> tuple[tuple[Array, Array], None]:
            stack, height = carry
            pushed = stack.at[height].set(symbol % _PUSH_0)  # 3 and 4 are 0 and 1
            lower = jnp.maximum(height - 1, 0)
            pops, rests = symbol == _POP, symbol < 0
            stack = jnp.where(pops | rests, stack, pushed)
            return (stack, jnp.where(rests, height, jnp.where(pops, lower, height + 1))), None

        empty = jnp.zeros_like(text), jnp.zeros_like(first)
        (stack, height), _ = jax.lax.scan(move, empty, jnp.where(at < size, text, -1))
        return text, stack[height - 1 - jnp.arange(self.length + 1)], height

    def chances(self, size: int) -> np.ndarray:
        """Returns where the answer ends, at the height of the stack, and fair bits before it.

        Heights are counted for all first stacks at once: each of the `size - 1` is as likely, and
        then two moves of three put a symbol on the stack and one takes one away.
        """
        heights = np.zeros(size + 1)  # how likely, the first stacks added up
        heights[1] = 1
        for first in range(2, size + 1):
            lower = np.append(heights[1:], 0)
            lower[0] += heights[0]
            heights = (2 * np.append(0, heights[:-1]) + lower) / 3
            heights[first] += first < size
        ends = heights / heights.sum()
        return self.chances_of(ones=(1 - np.cumsum(ends)) / 2, ends=ends)
