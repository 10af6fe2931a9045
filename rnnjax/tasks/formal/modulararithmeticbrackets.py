"""Modular arithmetic with brackets."""

import numpy as np

from rnnjax.tasks.draws import draw_words
from rnnjax.tasks.formal import expressions
from rnnjax.tasks.formal.expressiontask import ExpressionTask
from rnnjax.tasks.formal.stringtask import Strings
from rnnjax.typing import Array, Key


class ModularArithmeticBrackets(ExpressionTask):
    """Say the value of an expression with brackets, modulo a number.

    An expression is a digit d, or -d, (d), (-d), or two expressions in brackets with an operator
    between them. Modulo 5:

        ( 3 - ( - 4 ) ) ?      wanted: 2

    Expressions have the length that is asked for; the first of two has any length that leaves one
    symbol for the other, each as likely. Symbols are the digits, then + - * ( ) and a blank that
    the paper's vocabulary has and no string. A deterministic context-free task.

    Attributes:
        operators: which operators are drawn, each as likely; the paper's are + and -.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> task = ModularArithmeticBrackets(12, shortest=None)
        >>> batch = jax.jit(task.sample, static_argnums=1)(jax.random.key(2), 1)
        >>> "".join("01234+-*()_?"[i] for i in batch.inputs[:, 0].argmax(-1))
        '((4-(0))+-0)?'
        >>> batch.targets[-1, 0].item()
        4
    """

    operators: str = "+-"

    @property
    def symbols(self) -> int:
        """The digits, three operators, two brackets and a blank."""
        return self.modulus + 6

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws an expression and reads its value."""
        words = draw_words(key, self.length)
        text = expressions.bracketed(words, size, self.operators, self.modulus)
        return Strings(text, expressions.value_of(text, size, self.modulus)[None])

    def chances(self, size: int) -> np.ndarray:
        """Returns how values are distributed: evenly, as one digit alone makes them, but with *.

        Else the distribution for a length follows from those for all lengths that are shorter.
        """
        M, digits = self.modulus, np.arange(self.modulus)
        if "*" not in self.operators:
            return np.full((1, M), 1 / M)
        kinds = {"+": digits[:, None] + digits, "-": digits[:, None] - digits}
        kinds["*"] = digits[:, None] * digits
        found = np.full((size + 1, M), 1 / M)
        for n in range(5, size + 1):
            both = found[1 : n - 3].T @ found[n - 4 : 0 : -1] / (n - 4)  # of first and second value
            values = [np.bincount((kinds[o] % M).ravel(), both.ravel(), M) for o in self.operators]
            found[n] = np.mean(values, axis=0)
        return found[size:]
