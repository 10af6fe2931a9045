"""Engines by their text, as flags have it."""

from rnnjax import constructor
from rnnjax.unroll.associative import associative
from rnnjax.unroll.auto import auto
from rnnjax.unroll.base import Engine
from rnnjax.unroll.checkpointed import checkpointed
from rnnjax.unroll.deferred import deferred
from rnnjax.unroll.linear_scan import linear_scan
from rnnjax.unroll.newton import newton
from rnnjax.unroll.sequential import scan
from rnnjax.unroll.time_sharded import time_sharded

_NAMES = {
    "associative": associative,
    "auto": auto,
    "checkpointed": checkpointed,
    "deferred": deferred,
    "linear_scan": linear_scan,
    "newton": newton,
    "scan": scan,
    "time_sharded": time_sharded,
}


def read_engine(text: str) -> Engine:
    """Returns the engine that `text` spells: a name, or a call such as `checkpointed(block=28)`.

    Raises:
        ValueError: if `text` spells no engine; the message is one line.
    """
    value = constructor.read(text, _NAMES)
    if isinstance(value, type):
        value = value()
    if not callable(value):
        raise ValueError(f"{text!r} is not an engine: {', '.join(_NAMES)}")
    return value  # pyright: ignore[reportReturnType]
