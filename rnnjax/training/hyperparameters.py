"""The numbers in which the members of a population may differ."""

import math
import numbers
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from rnnjax.text import lost_in_single
from rnnjax.typing import Array


class Hyperparameters(NamedTuple):
    """All the numbers of one run, or of a population with `[E]` arrays for leaves.

    All members have the same numbers: what is meant to have no effect has the value that has none,
    such as an infinite `clip_norm`.

    Attributes:
        seed: of the first parameters, the batches, dropout and an optimizer's noise.
        learning_rate: the highest rate of the schedule.
        warmup_steps: updates over which the rate rises from zero first.
        clip_norm: the largest norm that a gradient may have; inf for any.
        weight_decay: strength; 0 for none, None, of all members or of none, for what the optimizer
            has by itself.
        dropout: how often a feature between layers is dropped; None, of all members or of none,
            for as often as the network itself says.
        init_scale: factor on the weight matrices that are drawn at the start.

    Example:
        >>> Hyperparameters(learning_rate=0.01)._replace(seed=3).seed
        3
    """

    seed: Array | int = 0
    learning_rate: Array | float = 1e-3
    warmup_steps: Array | int = 0
    clip_norm: Array | float = math.inf
    weight_decay: Array | float | None = None
    dropout: Array | float | None = None
    init_scale: Array | float = 1.0


# Of arrays, in the order of the fields.
_TYPES = (np.uint32, np.float32, np.int32, np.float32, np.float32, np.float32, np.float32)


_OPTIONAL = ("weight_decay", "dropout")


def stack(members: Sequence[Hyperparameters]) -> Hyperparameters:
    """Returns the numbers of E members as arrays `[E]`.

    Raises:
        ValueError: if there are no members, or a number is given for some of them alone.

    Example:
        >>> members = stack([Hyperparameters(seed=0), Hyperparameters(seed=1)])
        >>> members.seed.tolist(), members.clip_norm.tolist()
        ([0, 1], [inf, inf])
    """
    if not members:
        raise ValueError("a population needs at least one member")
    for name in _OPTIONAL:
        given = [getattr(member, name) is not None for member in members]
        if any(given) and not all(given):
            raise ValueError(f"{name} is a number for all members of a population, or None for all")

    def column(kind: type, values: tuple) -> Array | None:
        return None if values[0] is None else jnp.asarray(np.array(values, kind))

    return Hyperparameters(*map(column, _TYPES, zip(*members, strict=True)))  # pyright: ignore[reportArgumentType]


def check(member: Hyperparameters) -> None:
    """Checks the numbers of one member, as single precision will hold them.

    Raises:
        ValueError: if one of them is impossible; the message is one line.

    Example:
        >>> check(Hyperparameters(dropout=1.0))
        Traceback (most recent call last):
        ValueError: dropout must be at least 0 and less than 1; got 1.0
    """
    _check_whole("seed", member.seed, 2**32)
    _check_whole("warmup_steps", member.warmup_steps, 2**31)
    ranges = {
        "learning_rate": (lambda x: 0 < x < np.inf, "finite and more than 0"),
        "clip_norm": (lambda x: x > 0, "more than 0; inf for no limit"),
        "weight_decay": (lambda x: 0 <= x < np.inf, "finite and at least 0"),
        "dropout": (lambda x: 0 <= x < 1, "at least 0 and less than 1"),
        "init_scale": (lambda x: 0 < x < np.inf, "finite and more than 0"),
    }
    for name, (allowed, wanted) in ranges.items():
        value = getattr(member, name)
        if name in _OPTIONAL and value is None:
            continue
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        said = lost_in_single(float(value)) if real and math.isfinite(value) else ""
        if said or not real or not allowed(np.float32(float(value))):
            raise ValueError(f"{name} must be {wanted}; got {value!r}{said and f': {said}'}")


def _check_whole(name: str, value: object, end: int) -> None:
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not 0 <= value < end:  # pyright: ignore[reportOperatorIssue]
        raise ValueError(f"{name} must be a whole number from 0 to {end - 1}; got {value!r}")
