"""Noise that is drawn before the loop and travels beside the inputs.

`step` has no key. A cell that needs noise says how it is drawn, `Cell.draw`, and takes it packed
together with its input; without noise it does what is right on average, as after training. So every
engine sees the same numbers.
"""

from typing import Any, NamedTuple


class Noised(NamedTuple):
    """An input and the noise of its step.

    Example:
        >>> Noised(x=1.0, noise=0.1)
        Noised(x=1.0, noise=0.1)
    """

    x: Any  # what the cell takes without noise
    noise: Any  # what `Cell.draw` returned


def pack(x: Any, noise: Any) -> Any:
    """Returns an input with its noise, or the input where there is none.

    Example:
        >>> pack(1.0, 0.1), pack(1.0, None)
        (Noised(x=1.0, noise=0.1), 1.0)
    """
    return x if noise is None else Noised(x, noise)


def unpack(x: Any) -> Noised:
    """Returns the input and the noise, None where there is none.

    Example:
        >>> unpack(Noised(1.0, 0.1)), unpack(1.0)
        (Noised(x=1.0, noise=0.1), Noised(x=1.0, noise=None))
    """
    return x if isinstance(x, Noised) else Noised(x, None)
