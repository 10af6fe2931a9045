"""For how many steps gates keep what they hold: by their values, by their biases."""

from typing import Any, NamedTuple

import jax.numpy as jnp

from rnnjax.axes import grown
from rnnjax.typing import Array


class GateTimes(NamedTuple):
    """For how long gates keep what they hold, in steps, `[...]` each.

    The two definitions differ by a half for long times, see `gate_times`.

    Attributes:
        decay: `-1 / ln f`: in which what is held falls to `1 / e`.
        mean: `1 / (1 - f)`: what is held is on average so old, counted from 1.

    Example:
        >>> GateTimes(decay=jnp.ones(2), mean=jnp.ones(2)).mean.tolist()
        [1.0, 1.0]
    """

    decay: Array
    mean: Array


def gate_times(gates: Any, *, mask: Array | None = None) -> GateTimes:
    """Returns for how long each unit keeps, by its gate's mean over steps and sequences.

    Without inputs a gate of constant value f leaves `f^k` of what there was k steps ago.

    Args:
        gates: of one gate that keeps, 1 for all: `f` of an LSTM, `z` of `cells.GRU`, as
            `compose.with_states` shows them, `[T, ..., H]`.
        mask: boolean `[T, ...]`, False where steps do not count.

    Returns:
        Times `[H]`, of the mean gate and not means of times.

    References:
        Tallec & Ollivier (2018), Can recurrent neural networks warp time?, ICLR, arXiv:1804.11188
        (`mean`).
        Mahto, Vo, Turek & Huth (2021), Multi-timescale representation learning in LSTM language
        models, ICLR, arXiv:2009.12727 (`decay`).

    Example:
        >>> found = gate_times(jnp.full((7, 3, 1), 0.75))
        >>> found.mean.tolist(), round(float(found.decay[0]), 3)
        ([4.0], 3.476)
    """
    axes = tuple(range(gates.ndim - 1))
    counts = None if mask is None else jnp.broadcast_to(grown(mask, gates.ndim), gates.shape)
    f = jnp.mean(gates, axis=axes, where=counts)
    return GateTimes(1 / jnp.abs(jnp.log(f)), 1 / (1 - f))


def bias_times(b: Array) -> GateTimes:
    """Returns for how long a gate that is the logistic function of its bias alone keeps.

        1 / (1 - f) = 1 + exp(b),  -1 / ln f = 1 / ln(1 + exp(-b))

    At `cells.Chrono(t_max)` the first is uniform between 2 and `t_max`.

    Args:
        b: biases of a gate that keeps, `[...]`.

    References:
        See `gate_times`.

    Example:
        >>> bias_times(jnp.log(jnp.array([1.0, 99.0]))).mean.astype(int).tolist()
        [2, 100]
    """
    return GateTimes(1 / jnp.logaddexp(0, -b), 1 + jnp.exp(b))
