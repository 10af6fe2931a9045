"""Copying in which a marker asks for each symbol."""

import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import draw_words
from rnnjax.tasks.memory.copytask import CopyTask
from rnnjax.typing import Array, Key


class MarkedCopying(CopyTask):
    """Repeat symbols after a long silence, one for each marker.

    The symbols come first, then `delay` blanks, then as many markers as there were symbols. With
    three symbols and a delay of 4:

        inputs   c a f _ _ _ _ : : :
        targets  . . . . . . . c a f      dots do not count

    It differs from `Copying` in that only the symbols count, so that a guess has a loss of
    `ln(alphabet)` whatever the delay, and in that sequences vary in their symbols and not in their
    delay. With `delay=0, symbols=1024, alphabet=62` all is memory and none of it waiting.

    Attributes:
        symbols: how many there are to repeat, the most in training.
        delay: blanks between the symbols and the markers.
        alphabet: how many different symbols there are; the paper counts blank and marker as well.

    References:
        Gu, Goel & Ré (2022), Efficiently modeling long sequences with structured state spaces,
        ICLR, arXiv:2111.00396 (the form of its published code, and its defaults; `shortest=1` is
        its `variable_length`).

    Example:
        >>> import jax
        >>> task = MarkedCopying(symbols=3, delay=2, alphabet=5)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist()  # 0 is the blank, 6 the marker
        [3, 4, 4, 0, 0, 6, 6, 6]
        >>> batch.targets[5:, 0].tolist()
        [3, 4, 4]
    """

    symbols: int = 10
    delay: int = 100
    alphabet: int = 8

    size_field = "symbols"

    def __post_init__(self) -> None:
        """Refuses sequences without anything to guess.

        Raises:
            ValueError: if `delay` is negative, or see `CopyTask`.
        """
        super().__post_init__()
        if self.delay < 0:
            raise ValueError(f"{self}: delay must be 0 or more")

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T, `2 * symbols + delay`."""
        return 2 * size + self.delay

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        message = self.message(draw_words(key, self.symbols))
        t = jnp.arange(self.steps_of(self.symbols))
        first = size + self.delay
        shown = jnp.pad(message, (0, len(t) - len(message)))
        shown = jnp.where(t < size, shown, jnp.where(t < first, 0, self.alphabet + 1))
        return self.wanting(shown, message, first, size)
