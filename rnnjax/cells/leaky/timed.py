"""Inputs that say how much time has passed, for cells that ask."""

from typing import NamedTuple

from rnnjax.typing import Array


class Timed(NamedTuple):
    """An input and the time since the one before, for `CfC`.

    Example:
        >>> Timed(x=[0.5, 1.0], elapsed=[0.1]).elapsed
        [0.1]
    """

    x: Array  # [..., D]
    elapsed: Array  # [..., 1]


class Observed(NamedTuple):
    """An input some of whose features are missing, and the time since the one before, for `GRUD`.

    Example:
        >>> Observed(x=[0.5, 0.0], mask=[True, False], elapsed=[0.1]).mask
        [True, False]
    """

    x: Array  # [..., D]; where the mask is False it may be anything, NaN included
    mask: Array  # [..., D], True where x is known
    elapsed: Array  # [..., 1]
