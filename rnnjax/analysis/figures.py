"""Figures of this package: the house's style, a title, and nothing saved."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@contextlib.contextmanager
def titled_figure(
    title: str, figsize: tuple[float, float], changes: Mapping[str, Any] | None = None
) -> "Iterator[Figure]":
    """Draws in a figure of a size in inches, 160 pixels each.

    Args:
        title: above the figure.
        figsize: width and height in inches.
        changes: in which the style differs from `runs.figures.style`.

    Yields:
        The figure, without axes.

    Example:
        >>> with titled_figure("LSTM(128)", (6.0, 4.0)) as figure:
        ...     axes = figure.subplots()
        >>> figure.get_suptitle()
        'LSTM(128)'
    """
    from rnnjax.runs.figures.style import set_title, styled

    with styled(changes) as Figure:
        figure = Figure(figsize=figsize, dpi=160, layout="constrained")
        set_title(figure, title)
        yield figure
        # Ticks are made when a figure is first drawn, in the style of that moment.
        figure.draw_without_rendering()


def power_of_ten(exponent: float, _: object = None) -> str:
    """Writes a tick of an axis of exponents, for numbers too small for a logarithmic axis.

    Example:
        >>> power_of_ten(-40.0), power_of_ten(-0.2)
        ('$10^{-40}$', '0.63')
    """
    if exponent == 0 or (exponent % 1 and abs(exponent) < 4):
        return f"{10**exponent:.2g}"
    return f"$10^{{{exponent:.3g}}}$"
