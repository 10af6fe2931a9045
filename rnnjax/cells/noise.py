"""Noise that is drawn before the loop and travels beside the inputs.

`step` has no key. A cell that needs noise says how it is drawn, `Cell.draw`, and takes it packed
together with its input; without noise it does what is right on average, as after training. So every
engine sees the same numbers.
"""

from typing import Any, NamedTuple


class Noised(NamedTuple):
    """An input and the noise of its step."""

    x: Any  # what the cell takes without noise
    noise: Any  # what `Cell.draw` returned


def pack(x: Any, noise: Any) -> Any:
    """Returns an input with its noise, or the input where there is none."""
    return x if noise is None else Noised(x, noise)


def unpack(x: Any) -> Noised:
    """Returns the input and the noise, None where there is none."""
    return x if isinstance(x, Noised) else Noised(x, None)
