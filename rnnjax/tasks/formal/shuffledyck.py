"""Shuffled Dyck languages: several kinds of brackets, each by itself in order."""

import math

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.brackets import Brackets, outermost
from rnnjax.tasks.formal.nextsymbols import bit_error
from rnnjax.typing import Array, Key


class ShuffleDyck(Brackets):
    """Say after each bracket which ones may come next, where kinds do not care for each other.

    With two kinds:

        inputs   (     [       )     ]
        targets  ( [ ) ( [ ) ] ( [ ] ( [      which may come next

    Inputs are one-hot, targets are bits, both in the order of `()[]{}`. All brackets may open at
    any time, and each kind may close of which more were opened than closed: a counter a kind
    decides the language. Each pair is of a kind that is drawn; the strings of the kinds are drawn
    apart, as in `Dyck`, and merged in an order that is drawn out of all.

    References:
        Suzgun, Gehrmann, Belinkov & Shieber (2019), LSTM networks can perform dynamic counting,
        arXiv:1906.03648.
        Bhattamishra, Ahuja & Goyal (2020), On the ability and limitations of transformers to
        recognize formal languages, EMNLP, arXiv:2009.11264 (this form). Public code for it draws
        strings of `Dyck`, in which pairs never cross; here they do.

    Example:
        >>> batch = ShuffleDyck(pairs=3, shortest=None).sample(jax.random.key(0), batch_size=1)
        >>> "".join("()[]"[i] for i in batch.inputs[:, 0].argmax(-1))
        '[(]())'
        >>> batch.targets[:, 0].astype(int).tolist()[:2]  # of (, ), [ and ]
        [[1, 0, 1, 1], [1, 1, 1, 1]]
    """

    @property
    def baseline(self) -> float:
        """The error of the best guess from the last bracket alone, without its place in the string.

        Of a kind with n pairs, D of them outermost on average, no pair is open in `D + 1` of the
        `2 n + 1` gaps before, between and after its brackets, and a bracket of another kind falls
        into each of these gaps equally often. After its own closing brackets none is open with
        probability `D / n`, and after its own opening ones one certainly is. How many pairs are of
        a kind is binomial.
        """
        outer = outermost(self.pairs, self.p, self.q)
        own = pairs = others = closed = 0.0
        for size in self.sizes:
            for n in range(size + 1):
                ways = math.comb(size, n) * (self.kinds - 1) ** (size - n)
                chance = ways / self.kinds**size
                own += chance * outer[n]
                pairs += chance * n
                others += chance * (size - n)
                closed += chance * (size - n) * (outer[n] + 1) / (2 * n + 1)
        error = bit_error(own / pairs) / 2
        if self.kinds > 1:
            error += (self.kinds - 1) * bit_error(closed / others)
        return float(error) / (2 * self.kinds)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a string of a number of pairs, of kinds that are equally likely."""
        parts = self.pairs, 3 * self.pairs  # words for kinds, for the order, for the strings
        words = jnp.split(draw_words(key, parts[1] + self.kinds * (2 * self.pairs + 1)), parts)
        kinds, at = jnp.arange(self.kinds), jnp.arange(self.pairs)
        of_pair = below(words[0], self.kinds)
        counts = ((of_pair[None] == kinds[:, None]) & (at < size)[None]).sum(1)
        strings = jax.vmap(self.nested)(words[2].reshape(self.kinds, -1), counts)
        there = jnp.arange(2 * self.pairs) < 2 * size
        order = jnp.argsort(jnp.where(there, words[1], ~jnp.uint32(0)))
        of_symbol = jnp.repeat(of_pair, 2)[order]
        own = of_symbol[:, None] == kinds[None]
        place = jnp.where(own, jnp.cumsum(own, 0) - 1, 0).sum(1)  # in the string of its kind
        opens = strings[of_symbol, place]
        open_now = jnp.cumsum(jnp.where(own, jnp.where(opens, 1, -1)[:, None], 0), 0)
        return Batch(
            inputs=jax.nn.one_hot(2 * of_symbol + ~opens, self.input_dim),
            targets=self.targets(open_now > 0),
            mask=jnp.ones(len(there), bool),
        )
