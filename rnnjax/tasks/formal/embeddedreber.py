"""The embedded Reber grammar: the second letter of a string comes again at its end."""

from rnnjax.batch import Batch, accuracy
from rnnjax.tasks.formal.grammar import Grammar
from rnnjax.tasks.formal.reber import REBER, SYMBOLS, Reber
from rnnjax.typing import Array


def _embedded(inner: Grammar, again: bool) -> Grammar:
    """Puts strings between T and T or P and P, and these between B and E, once or for ever."""
    count = len(inner.edges)
    first, second, last = 2, 3 + count, 4 + 2 * count
    edges = [(("B", 1),), (("T", first), ("P", second))]
    for start, letter in ((first, "T"), (second, "P")):
        edges += [tuple((symbol, start + next) for symbol, next in of) for of in inner.edges]
        edges.append(((letter, last),))
    edges.append((("E", 0 if again else last + 1),))
    return Grammar(SYMBOLS, tuple(edges))


EMBEDDED, CONTINUAL = _embedded(REBER, again=False), _embedded(REBER, again=True)


class EmbeddedReber(Reber):
    """Predict the next letter of a Reber string between two letters of which the last is the first.

        inputs   B T B P V V E T
        targets  T B P V V E T E
                 ^           ^      this T or P comes again here

    All else is as in `Reber`. Strings have 12 letters on average, and at least 9. With the grammar
    known the loss is `7 ln 2 / 11 = 0.441`; without memory of the second letter it is
    `8 ln 2 / 11 = 0.504`.

    Attributes:
        longest: letters of a string at most.

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9, section 5.1.
        There 256 strings are trained on and 256 tested, and outputs compared by squares; here
        strings are drawn anew.

    Example:
        >>> import jax
        >>> batch = EmbeddedReber().sample(jax.random.key(0), batch_size=1)
        >>> there = batch.steps[:, 0]
        >>> "".join("BTPSXVE"[i] for i in batch.inputs[there, 0].argmax(-1))
        'BTBPTVVET'
        >>> "".join("BTPSXVE"[i] for i in batch.targets[there, 0])
        'TBPTVVETE'
    """

    @property
    def grammar(self) -> Grammar:
        """What makes the strings."""
        return EMBEDDED

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The accuracy of `Reber`, and the accuracy at the letters before the last ones."""
        found = super().metrics(outputs, batch)
        return found | {"outer_right": outer_accuracy(outputs, batch)}


def outer_accuracy(outputs: Array, batch: Batch) -> Array:
    """Returns the accuracy at the letters that repeat the second one of their string.

    These come after the E of the inner string; after the last E comes a B, or nothing.
    """
    after_e = batch.inputs.argmax(-1) == SYMBOLS.index("E")
    outer = after_e & (batch.targets != SYMBOLS.index("B"))
    return accuracy(outputs, batch.targets, batch.mask & outer)
