"""Modular arithmetic without brackets."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.expressions import MINUS, OPERATORS, TIMES, spelled
from rnnjax.tasks.formal.expressiontask import ExpressionTask
from rnnjax.tasks.formal.stringtask import Strings
from rnnjax.typing import Array, Key


class ModularArithmetic(ExpressionTask):
    """Say the value of an expression without brackets, modulo a number.

    Digits and operators take turns; * binds stronger than + and -. Modulo 5:

        1 + 2 * 3 ?      wanted: 2
        1 - 1 - 1 ?      wanted: 4

    An even length is one less: an expression ends with a digit. Symbols are the digits, then +, -,
    * and a blank that the paper's vocabulary has and no string. A regular language.

    Attributes:
        operators: which operators are drawn, each as likely.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> draw = jax.jit(ModularArithmetic(5, shortest=None).sample, static_argnums=1)
        >>> batch = draw(jax.random.key(2), 1)
        >>> "".join("01234+-*_?"[i] for i in batch.inputs[:, 0].argmax(-1))
        '2+4*4?'
        >>> batch.targets[-1, 0].item()
        3
    """

    operators: str = OPERATORS

    @property
    def symbols(self) -> int:
        """The digits, three operators and a blank."""
        return self.modulus + 4

    def symbols_of(self, size: Array | int) -> Array | int:
        """Returns `size`, made odd."""
        return (size - 1) // 2 * 2 + 1

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws digits and operators that are equally likely."""
        M, at = self.modulus, jnp.arange(self.length)
        words = draw_words(key, self.length)
        text = jnp.where(at % 2 == 0, below(words, M), spelled(words, self.operators, M))
        there = at < self.symbols_of(size)

        def read(carry: tuple[Array, Array], now: tuple) -> tuple[tuple[Array, Array], None]:
            operator, digit, there = now
            total, product = carry  # of what is before the last + or -, and after it
            times = operator == M + TIMES
            signed = jnp.where(operator == M + MINUS, -digit, digit)
            read = (
                jnp.where(times, total, total + product) % M,
                jnp.where(times, product * digit, signed) % M,
            )
            return jax.tree.map(lambda new, old: jnp.where(there, new, old), read, carry), None

        n = (self.length - 1) // 2
        pairs = text[1 : 2 * n : 2], text[2 : 2 * n + 1 : 2], there[2 : 2 * n + 1 : 2]
        (total, product), _ = jax.lax.scan(read, (jnp.zeros_like(text[0]), text[0]), pairs)
        return Strings(text, (total + product)[None] % M)

    def chances(self, size: int) -> np.ndarray:
        """Returns how values are distributed: the more of the operators are *, the likelier is 0.

        Two numbers are carried along an expression, the sum of what is before the last + or - and
        the product since then. They are a Markov chain; a sign changes no distribution.
        """
        M, times = self.modulus, self.operators.count("*") / len(self.operators)
        digits = np.arange(M)
        sums = (digits[:, None] + digits) % M
        products = np.zeros((M, M))  # from a factor to a product
        np.add.at(products, (digits[:, None], digits[:, None] * digits % M), 1 / M)
        joint = np.zeros((M, M))  # of sum and product
        joint[0] = 1 / M

        def added() -> np.ndarray:
            return np.bincount(sums.ravel(), joint.ravel(), M)

        for _ in range(int(self.symbols_of(size)) // 2):
            joint = times * joint @ products + (1 - times) * np.outer(added(), np.full(M, 1 / M))
        return added()[None]
