"""Engines by their text, as flags have it."""

from rnnjax import constructor, unroll
from rnnjax.unroll.base import Engine


def read_engine(text: str) -> Engine:
    """Returns the engine that `text` spells: a name, or a call such as `checkpointed(block=28)`.

    Raises:
        ValueError: if `text` spells no engine; the message is one line.
    """
    names = {name: getattr(unroll, name) for name in unroll.__all__}
    value = constructor.read(text, names)
    if not callable(value):
        raise ValueError(f"{text!r} is not an engine: {', '.join(names)}")
    return value  # pyright: ignore[reportReturnType]
