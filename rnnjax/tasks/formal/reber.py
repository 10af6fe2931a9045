"""The Reber grammar: predict the next letter of a string."""

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, masked_mean
from rnnjax.tasks.formal.grammar import Grammar
from rnnjax.tasks.generated import GeneratedTask
from rnnjax.typing import Array, Key

SYMBOLS = "BTPSXVE"
REBER = Grammar(
    SYMBOLS,
    (
        (("B", 1),),
        (("T", 2), ("P", 3)),
        (("S", 2), ("X", 4)),
        (("T", 3), ("V", 5)),
        (("X", 3), ("S", 6)),
        (("P", 4), ("V", 6)),
        (("E", 7),),
    ),
)


class Reber(GeneratedTask):
    """Predict the next letter of a string of the Reber grammar.

        inputs   B T S S X X T V V
        targets  T S S X X T V V E

    After each letter one of two may come, equally likely, except before the last, which is E.
    Strings have 8 letters on average, and at least 5. With the grammar known the loss is
    `6 ln 2 / 7 = 0.594`: on average six of seven predictions are between two letters. A regular
    language, in which the last two letters decide which may come next.

    Attributes:
        longest: letters of a string at most; of those that are not longer, each is as likely as the
            grammar makes it.

    References:
        Reber (1967), Implicit learning of artificial grammars, Journal of Verbal Learning and
        Verbal Behavior 6.
        Cleeremans, Servan-Schreiber & McClelland (1989), Finite state automata and simple recurrent
        networks, Neural Computation 1.

    Example:
        >>> batch = Reber().sample(jax.random.key(0), batch_size=1)
        >>> there = batch.steps[:, 0]
        >>> "".join("BTPSXVE"[i] for i in batch.inputs[there, 0].argmax(-1))
        'BTXS'
        >>> "".join("BTPSXVE"[i] for i in batch.targets[there, 0])
        'TXSE'
    """

    longest: int = 50

    metric = "accuracy"

    def __post_init__(self) -> None:
        """Refuses strings that are too short.

        Raises:
            ValueError: if no string has `longest` letters or fewer.
        """
        super().__post_init__()
        chances = self.grammar.within(max(self.longest, 0))[:, 0]
        if not chances[-1] > 0:
            least = int((self.grammar.within(len(self.grammar.edges))[:, 0] > 0).argmax())
            raise ValueError(f"{self}: longest must be {least} or more")

    @property
    def grammar(self) -> Grammar:
        """What makes the strings."""
        return REBER

    @property
    def input_dim(self) -> int:
        """The letters B, T, P, S, X, V and E, one-hot."""
        return len(SYMBOLS)

    @property
    def output_dim(self) -> int:
        """The same letters."""
        return len(SYMBOLS)

    @property
    def baseline(self) -> float:
        """The cross-entropy given the letter that is seen, of strings of any length."""
        return self.grammar.loss_by_symbol

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` strings."""
        letters, there = self.grammar.strings(key, batch_size, self.longest)
        inputs = jax.nn.one_hot(letters[:-1], self.input_dim)
        return Batch(inputs, letters[1:], there[1:], steps=there[1:])

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of strings in which the letters that may come always have the highest outputs.

        This is how Hochreiter & Schmidhuber (1997) count. Of two letters that may come, one may tie
        with others, but not both: outputs that are all the same are wrong.
        """
        legal = self.grammar.legal_after(batch.targets)
        lowest = jnp.where(legal, outputs, jnp.inf).min(-1)
        best = jnp.where(legal, outputs, -jnp.inf).max(-1)
        other = jnp.where(legal, -jnp.inf, outputs).max(-1)
        whole = (((lowest >= other) & (best > other)) | ~batch.mask).all(0)
        return {"accuracy": masked_mean(whole.astype(outputs.dtype), batch.mask.any(0))}
