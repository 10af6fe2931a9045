"""Engines and learning rules by their text, as flags have it."""

from rnnjax import learning, unroll
from rnnjax.unroll.base import EngineValue


def read_engine(text: str) -> EngineValue:
    """Returns the engine or learning rule that `text` spells, such as `deferred` or `SnAp(2)`.

    Raises:
        ValueError: if `text` spells neither; the message is one line.

    Example:
        >>> read_engine("deferred"), read_engine("SnAp(2)")
        (Deferred(chunk=None), SnAp(order=2))
    """
    rules = {name: getattr(learning, name) for name in learning.RULES}
    return unroll.read_engine(text, rules)
