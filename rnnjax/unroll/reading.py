"""Engines by their text, as flags have it."""

from collections.abc import Mapping

from rnnjax import unroll
from rnnjax.text import read
from rnnjax.unroll.base import EngineValue


def read_engine(text: str, more: Mapping[str, type[EngineValue]] | None = None) -> EngineValue:
    """Returns the engine that `text` spells: a name, or a call such as `Checkpointed(block=28)`.

    Args:
        text: a name or a call.
        more: further classes of engines by their names.

    Raises:
        ValueError: if `text` spells no engine; the message is one line.

    Example:
        >>> read_engine("deferred"), read_engine("Deferred(chunk=28)")
        (Deferred(chunk=None), Deferred(chunk=28))
    """
    engines = {name: getattr(unroll, name) for name in unroll.__all__}
    classes = {type(engine).__name__: type(engine) for engine in engines.values()}
    name, bracket, settings = text.strip().partition("(")
    if bracket and name in engines:
        call = f"{type(engines[name]).__name__}({settings}"
        raise ValueError(f"{text!r}: settings are the class's: {call}")
    more = more or {}
    value = read(text, classes | engines | dict(more))
    if isinstance(value, type):
        value = value()
    if not isinstance(value, EngineValue):
        raise ValueError(f"{text!r} is not an engine: {', '.join([*engines, *more])}")
    return value
