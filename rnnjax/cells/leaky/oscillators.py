"""What networks of oscillators share: a position and a velocity a unit."""

from typing import NamedTuple

from rnnjax.typing import Array


class OscillatorState(NamedTuple):
    """The state of oscillators.

    Example:
        >>> OscillatorState(y=0.5, z=0.0)
        OscillatorState(y=0.5, z=0.0)
    """

    y: Array  # [..., H], the position
    z: Array  # [..., H], the velocity
