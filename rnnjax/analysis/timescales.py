"""For how many steps something is kept: by eigenvalues, by gates, by their biases."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from rnnjax.axes import grown
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Modes(NamedTuple):
    """What eigenvalues of a step say of time, `[...]` each.

    Attributes:
        time_constant: in which a mode falls to `1 / e`; below zero where it grows, and then that in
            which it has grown to `e`; infinite where it does neither.
        half_life: in which it falls to a half; below zero likewise.
        frequency: turns a unit of time, from minus to plus a half a step.

    Example:
        >>> Modes(jnp.ones(2), jnp.ones(2), jnp.zeros(2)).frequency.tolist()
        [0.0, 0.0]
    """

    time_constant: Array
    half_life: Array
    frequency: Array


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


def eigenvalue_times(eigenvalues: Array, dt: float = 1.0) -> Modes:
    """Returns the time constants `-dt / ln |lambda|` of modes that a step multiplies by `lambda`.

    Args:
        eigenvalues: of a step's Jacobian or a matrix, real or complex, `[...]`.
        dt: time of a step.

    References:
        Maheswaranathan, Williams, Golub, Ganguli & Sussillo (2019), Reverse engineering recurrent
        networks for sentiment classification reveals line attractor dynamics, NeurIPS,
        arXiv:1906.10720.

    Example: a leak that keeps nine tenths, for 9.49 steps and not for 10.
        >>> round(float(eigenvalue_times(jnp.array(0.9)).time_constant), 2)
        9.49
    """
    rate = -jnp.log(jnp.abs(eigenvalues)) / dt
    return Modes(1 / rate, jnp.log(2.0) / rate, jnp.angle(eigenvalues) / (2 * jnp.pi * dt))


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
    return GateTimes(-1 / jnp.log(f), 1 / (1 - f))


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


def plot_times(
    times: Mapping[str, npt.ArrayLike], *, time: str = "steps", title: str = "Time constants"
) -> "Figure":
    """Draws the time constants of units in rising order, on a logarithmic axis.

    Those that are infinite or below zero, of what does not fade, are counted in the legend.

    Args:
        times: `[...]`, by what they are of.
        time: the unit of time.
        title: above the figure.

    Raises:
        ValueError: if there are none.

    Example:
        >>> figure = plot_times({"forget gates": [1.0, 3.0, 20.0]})
        >>> figure.axes[0].get_ylabel()
        'time constant (steps)'
    """
    from rnnjax.runs.figures.style import COLOURS, set_title, styled

    if not times:
        raise ValueError("there are no times to draw")
    with styled() as Figure:
        figure = Figure(figsize=(7.0, 4.2), dpi=160, layout="constrained")
        panel = figure.subplots()
        for index, (name, given) in enumerate(times.items()):
            values = np.ravel(np.asarray(given, float))
            fading = np.sort(values[np.isfinite(values) & (values > 0)])
            others = len(values) - len(fading)
            label = f"{name} ({others} of {len(values)} do not fade)" if others else name
            place = (np.arange(len(fading)) + 0.5) / max(len(values), 1)
            look = {"marker": ".", "ms": 4, "lw": 1.5, "color": COLOURS[index % len(COLOURS)]}
            panel.plot(place, fading, label=label, **look)
        panel.set(xlabel="part of the units", ylabel=f"time constant ({time})", xlim=(0, 1))
        panel.set_yscale("log")
        figure.legend(loc="outside lower center", ncols=min(len(times), 2))
        set_title(figure, title)
        return figure
