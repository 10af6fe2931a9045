"""Dyck languages: brackets that close in the order in which they were opened."""

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.brackets import Brackets, outermost
from rnnjax.tasks.formal.nextsymbols import bit_error
from rnnjax.typing import Array, Key


class Dyck(Brackets):
    """Say after each bracket which ones may come next, where the last one opened closes first.

    With two kinds:

        inputs   (     [     ]     )
        targets  ( [ ) ( [ ] ( [ ) ( [      which may come next

    Inputs are one-hot, targets are bits, both in the order of `()[]{}`. All brackets may open at
    any time, and the one may close that was opened last and is not closed; after the last symbol
    none is. A context-free language: a stack decides it, for one kind a counter.

    References:
        Suzgun, Gehrmann, Belinkov & Shieber (2019), Memory-augmented recurrent neural networks can
        learn generalized Dyck languages, arXiv:1911.03329.
        Bhattamishra, Ahuja & Goyal (2020), On the ability and limitations of transformers to
        recognize formal languages, EMNLP, arXiv:2009.11264 (this form; lengths are uniform here).

    Example:
        >>> batch = Dyck(pairs=3, shortest=None).sample(jax.random.key(0), batch_size=1)
        >>> "".join("()[]"[i] for i in batch.inputs[:, 0].argmax(-1))
        '[(())]'
        >>> batch.targets[:, 0].astype(int).tolist()[:2]  # of (, ), [ and ]
        [[1, 0, 1, 1], [1, 1, 1, 0]]
    """

    @property
    def baseline(self) -> float:
        """The error of the best guess from the last bracket alone, without its place in the string.

        After an opening bracket all bits are certain. After a closing one, which half of the
        brackets are, another pair is still open with probability a, and that is of each of the k
        kinds equally often: of 2 k bits, k are 1 with probability a / k. As all but the outermost
        pairs stand in another one, 1 - a is the share of outermost pairs.
        """
        outer = outermost(self.pairs, self.p, self.q)[self.sizes.start :].sum()
        inside = 1 - float(outer) / sum(self.sizes)
        return bit_error(inside / self.kinds) / 4

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a string of a number of pairs, of kinds that are equally likely."""
        words = draw_words(key, 4 * self.pairs + 1)
        opens = self.nested(words[2 * self.pairs :], size)
        kinds = below(words[: 2 * self.pairs], self.kinds)
        depth = jnp.cumsum(jnp.where(opens, 1, -1))
        t = jnp.arange(len(opens))
        # What is on top is what was opened last at this depth.
        earlier = opens[None] & (depth[None] == depth[:, None]) & (t[None] <= t[:, None])
        top = kinds[jnp.where(earlier, t[None], 0).max(1)]
        shown = jnp.where(opens, 2 * kinds, 2 * jnp.roll(top, 1) + 1)
        closings = (top[:, None] == jnp.arange(self.kinds)[None]) & (depth > 0)[:, None]
        return Batch(
            inputs=jax.nn.one_hot(shown, self.input_dim),
            targets=self.targets(closings),
            mask=jnp.ones(len(t), bool),
        )
