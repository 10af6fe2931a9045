"""Solve equation: the digit that is missing."""

import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal import expressions
from rnnjax.tasks.formal.expressions import TIMES
from rnnjax.tasks.formal.expressiontask import ExpressionTask
from rnnjax.tasks.formal.stringtask import Strings
from rnnjax.typing import Array, Key


class SolveEquation(ExpressionTask):
    """Say which digit an x stands for in an equation, modulo a number.

    Left is an expression as those of `ModularArithmeticBrackets`, of + and -, in which x is in the
    place of one digit; right is its value. Modulo 5:

        ( x + 3 ) = 1 ?      wanted: 3

    A place of the expression is drawn uniformly, and x replaces the first digit from there on, from
    the end on to the beginning: a digit after many other symbols is replaced more often. Symbols
    are the digits, then + - ( ) x =. Strings of one or two symbols are zeros, and 0 is wanted. A
    deterministic context-free task.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> draw = jax.jit(SolveEquation(12, shortest=None).sample, static_argnums=1)
        >>> batch = draw(jax.random.key(0), 1)
        >>> "".join("01234+-()x=?"[i] for i in batch.inputs[:, 0].argmax(-1))
        '(3+(-2+x))=4?'
        >>> batch.targets[-1, 0].item()
        3
    """

    operators = "+-"

    @property
    def symbols(self) -> int:
        """The digits, two operators, two brackets, the x and the =."""
        return self.modulus + 6

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws an expression, and a digit of it that is hidden."""
        words = draw_words(key, self.length + 1)
        M, at = self.modulus, jnp.arange(self.length)
        count = jnp.maximum(size - 2, 1)
        text = expressions.bracketed(words[1:], count, self.operators, M)
        value = expressions.value_of(text, count, M)
        start = below(words[0], count)
        is_digit = (text < M) & (at < count)
        place = jnp.where(is_digit, (at - start) % count, self.length).argmin()
        here = [at == place, at == size - 2, at == size - 1, text > M + TIMES]
        shown = jnp.select(here, [jnp.array(M + 4), jnp.array(M + 5), value, text - 1], text)
        stands = size > 2
        return Strings(jnp.where(stands, shown, 0), jnp.where(stands, text[place], 0)[None])

    def chances(self, size: int) -> np.ndarray:
        """Returns each digit as likely, but 0 for certain where there is no equation."""
        return np.eye(1, self.modulus) if size < 3 else np.full((1, self.modulus), 1 / self.modulus)
