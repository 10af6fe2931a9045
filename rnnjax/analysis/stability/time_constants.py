"""How long the modes of a linear step last."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnjax.analysis.figures import titled_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class TimeConstants(NamedTuple):
    """How modes decay and turn.

    Attributes:
        tau: time in which a mode falls to 1/e, `[...]`; infinite at a size of 1; where a mode
            grows, minus the time in which it grows to e.
        frequency: turns a unit of time, `[...]`, from minus to plus half a turn a step.

    Example:
        >>> found = time_constants(0.5)
        >>> found.tau.round(3).tolist(), found.half_life.round(3).tolist()
        (1.443, 1.0)
    """

    tau: np.ndarray
    frequency: np.ndarray

    @property
    def half_life(self) -> np.ndarray:
        """Time in which a mode falls to a half; below zero where it doubles."""
        return np.log(2) * self.tau


def time_constants(eigenvalues: npt.ArrayLike, dt: float = 1.0) -> TimeConstants:
    """Returns `tau = -dt / ln|lambda|` and `arg(lambda) / (2 pi dt)`.

    The usual `dt / (1 - |lambda|)` is about half a step more.

    Args:
        eigenvalues: real or complex, `[...]`, of a step's Jacobian.
        dt: time of a step; with seconds here, frequencies are in hertz.

    References:
        Maheswaranathan, Williams, Golub, Ganguli & Sussillo (2019), Reverse engineering recurrent
        networks for sentiment classification reveals line attractor dynamics, NeurIPS,
        arXiv:1906.10720.

    Example: a leak that keeps nine tenths, for 9.49 steps and not for 10.
        >>> time_constants(0.9).tau.round(2).tolist()
        9.49
    """
    values = np.asarray(eigenvalues)
    with np.errstate(divide="ignore"):
        rates = -np.log(np.abs(values)) / dt
        # A size of exactly 1 has the rate -0.0, which is no growth.
        tau = np.where(rates == 0, np.inf, 1 / rates)
    return TimeConstants(tau, np.angle(values) / (2 * np.pi * dt))


def plot_time_constants(
    times: Mapping[str, npt.ArrayLike],
    *,
    time: str = "steps",
    of: str = "units",
    title: str = "Time constants",
) -> "Figure":
    """Draws time constants in rising order, on a logarithmic axis.

    Those that are infinite or below zero, of what does not fade, are counted in the legend.

    Args:
        times: `[...]`, by what they are of.
        time: the unit of time.
        of: what has them: "units", "modes".
        title: above the figure.

    Raises:
        ValueError: if there are none.

    Example:
        >>> figure = plot_time_constants({"forget gates": [1.0, 3.0, 20.0]})
        >>> figure.axes[0].get_ylabel()
        'time constant (steps)'
    """
    from rnnjax.runs.figures.style import COLOURS

    if not times:
        raise ValueError("there are no times to draw")
    with titled_figure(title, (7.0, 4.2)) as figure:
        panel = figure.subplots()
        for index, (name, given) in enumerate(times.items()):
            values = np.ravel(np.asarray(given, float))
            fading = np.sort(values[np.isfinite(values) & (values > 0)])
            others = len(values) - len(fading)
            label = f"{name} ({others} of {len(values)} do not fade)" if others else name
            place = (np.arange(len(fading)) + 0.5) / max(len(values), 1)
            look = {"marker": ".", "ms": 4, "lw": 1.5, "color": COLOURS[index % len(COLOURS)]}
            panel.plot(place, fading, label=label, **look)
        panel.set(xlabel=f"part of the {of}", ylabel=f"time constant ({time})", xlim=(0, 1))
        panel.set_yscale("log")
        _set_ticks(panel)
        columns = 2 if max(map(len, panel.get_legend_handles_labels()[1])) < 36 else 1
        figure.legend(loc="outside lower center", ncols=min(len(times), columns))
        return figure


def _set_ticks(panel: Any) -> None:
    """Writes numbers at 1, 2 and 5 of each power of ten where there are few, else at powers."""
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = panel.get_ylim()
    subs = (1.0, 2.0, 5.0) if high < 1e3 * low else (1.0,)
    panel.yaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    panel.yaxis.set_minor_formatter(NullFormatter())
