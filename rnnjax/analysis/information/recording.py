"""States beside the inputs that led to them."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.analysis.rows import rows
from rnnjax.typing import Array


class Recording(NamedTuple):
    """States and the inputs that led to them: `states[t]` have already seen `inputs[t]`.

    Attributes:
        states: `[T, ..., N]` real; see `dynamics.to_vector`.
        inputs: `[T, ..., D]`, or whole numbers from 0 on, `[T, ...]`.

    Example:
        >>> Recording(jnp.zeros((5, 2, 3)), jnp.zeros((5, 2, 1))).states.shape
        (5, 2, 3)
    """

    states: Array
    inputs: Array


def lagged(recording: Recording, lags: Sequence[int]) -> tuple[Array, Array]:
    """Returns states `[R, N]` and inputs of each lag `[K, R, D]`, of steps that have them all.

    Args:
        recording: inputs with an axis of features.
        lags: in steps; those below 0 are to come.

    Raises:
        TypeError: if states are complex.
        ValueError: if shapes do not fit or no step has all of the lags.

    Example:
        >>> xs = jnp.arange(4.0)[:, None]
        >>> states, inputs = lagged(Recording(xs, xs), [0, 1])
        >>> states.ravel().tolist(), inputs[1].ravel().tolist()
        ([1.0, 2.0, 3.0], [0.0, 1.0, 2.0])
    """
    states, inputs = jnp.asarray(recording.states), jnp.asarray(recording.inputs)
    if inputs.shape[:-1] != states.shape[:-1]:
        raise ValueError(
            f"states {states.shape} and inputs {inputs.shape} must be [T, ..., N] and [T, ..., D], "
            "or classes [T, ...]"
        )
    begin, end = max([0, *lags]), len(states) + min([0, *lags])
    if not len(lags) or end <= begin:
        raise ValueError(f"no step of {len(states)} has inputs at all of the lags {list(lags)}")
    targets = [rows(inputs[begin - k : end - k], "inputs") for k in lags]
    return rows(states[begin:end]), jnp.stack(targets)
