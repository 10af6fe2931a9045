"""Selective copying: symbols that lie among blanks."""

import dataclasses
from typing import Literal

import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, distinct, draw_words
from rnnjax.tasks.memory.copytask import CopyTask
from rnnjax.typing import Array, Key


class SelectiveCopying(CopyTask):
    """Repeat the symbols that lie among blanks, and not the blanks.

    Symbols are at random steps, so that counting steps does not help: what to keep depends on what
    is seen. With two symbols and four blanks:

        inputs   _ c _ _ a _ : :
        targets  . . . . . . c a      dots do not count

    In the form "mad" one marker asks for all symbols, and blanks follow it. Each blank is put
    before a random symbol, so that the last symbol is next to the marker.

        inputs   _ c _ _ _ a : _ _
        targets  . . . . . . . c a

    The defaults are those of a published minGRU, small enough for a CPU. The paper's are
    `blanks=4096, symbols=16, alphabet=14`, the MAD benchmark's
    `form="mad", blanks=223, symbols=16, alphabet=14`, which are 256 steps.

    Attributes:
        blanks: how many there are, the most in training.
        symbols: how many there are to repeat.
        alphabet: how many different symbols there are.
        form: "marked", a marker for each symbol, anywhere among the blanks; or "mad".

    References:
        Gu & Dao (2023), Mamba: linear-time sequence modeling with selective state spaces,
        arXiv:2312.00752 (the task); the form "marked" is that of the published code of Gu, Goel &
        Ré (2022), arXiv:2111.00396, with `variable`.
        Poli et al. (2024), Mechanistic design and scaling of hybrid architectures,
        arXiv:2403.17844 (the form "mad").
        github.com/cheind/mingru, the example of selective copying (the defaults).

    Example:
        >>> task = SelectiveCopying(blanks=4, symbols=2, alphabet=4)
        >>> import jax
        >>> batch = task.sample(jax.random.key(2), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist()  # 0 is the blank, 5 the marker
        [0, 0, 0, 0, 3, 3, 5, 5]
        >>> batch.targets[6:, 0].tolist()
        [3, 3]
    """

    blanks: int = 64
    symbols: int = 4
    alphabet: int = 4
    form: Literal["marked", "mad"] = dataclasses.field(default="marked", kw_only=True)

    size_field = "blanks"

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T, `blanks + 2 * symbols`, and one more in the form "mad"."""
        return size + 2 * self.symbols + (self.form == "mad")

    def places(self, words: Array, size: Array | int) -> Array:
        """Returns where the symbols are, in order, `[symbols]`, made of random words."""
        if self.form == "marked":
            return jnp.sort(distinct(words, size + self.symbols))
        symbol = below(words, self.symbols)  # the one after a blank
        there = jnp.arange(self.blanks) < size
        before = jnp.zeros(self.symbols, symbol.dtype).at[symbol].add(there)
        return before.cumsum() + jnp.arange(self.symbols)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        for_places = 2 * self.symbols if self.form == "marked" else self.blanks
        words = draw_words(key, self.symbols + for_places)
        message, t = self.message(words), jnp.arange(self.steps_of(self.blanks))
        asked, marker = size + self.symbols, self.alphabet + 1
        places = self.places(words[self.symbols :], size)
        shown = jnp.zeros(len(t), message.dtype).at[places].set(message)
        if self.form == "marked":
            return self.wanting(jnp.where(t < asked, shown, marker), message, asked, self.symbols)
        return self.wanting(shown.at[asked].set(marker), message, asked + 1, self.symbols)
