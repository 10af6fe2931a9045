"""The states of two networks on top of each other."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rnnjax.analysis.figures import titled_figure
from rnnjax.analysis.information.principal_components import principal_components

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_alignment(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    names: tuple[str, str] = ("first", "second"),
    title: str = "aligned states",
) -> "Figure":
    """Draws trajectories of two networks in the principal components of the first one's.

    Args:
        x: of one network, `[T, B, K]`, in the frame of `align`.
        y: of the other, `[T, B, K]`, in the same frame.
        names: of the networks.
        title: above the figure.

    Returns:
        The figure; nothing is saved.

    Raises:
        ValueError: if they differ in shape, or have fewer than two directions.

    Example:
        >>> states = np.random.default_rng(0).normal(size=(5, 3, 2))
        >>> figure = plot_alignment(states, states + 0.1, names=("seed 0", "seed 1"))
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['seed 0', 'seed 1']
    """
    from rnnjax.runs.figures.style import COLOURS

    first, second = np.asarray(x), np.asarray(y)
    if first.ndim != 3 or first.shape != second.shape or first.shape[-1] < 2:
        raise ValueError(
            f"aligned states are [T, B, K] both, K 2 or more; got {first.shape} and {second.shape}"
        )
    there = np.isfinite(first).all(-1)
    components = principal_components(first[there])
    with titled_figure(title, (6.6, 5.8)) as figure:
        panel = figure.subplots()
        looks = zip((first, second), names, ("-", (0, (4, 2))), COLOURS, strict=False)
        for states, name, dashes, colour in looks:
            paths = np.swapaxes(components.project(states, 2), 0, 1)
            for index, path in enumerate(paths):
                label = "" if index else name
                panel.plot(*path.T, color=colour, ls=dashes, lw=1.1, alpha=0.8, label=label)
        for axis, k in (("x", 0), ("y", 1)):
            share = f"({components.shares[k]:.0%} of variance of {names[0]})"
            getattr(panel, f"set_{axis}label")(f"component {k + 1} {share}")
        panel.set_aspect("equal", adjustable="datalim")
        figure.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
