"""A measure of similarity over many pairs of recordings, and its picture."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def similarity_matrix(
    measure: Callable[[Array, Array], Array],
    first: Mapping[str, Array],
    second: Mapping[str, Array],
) -> Array:
    """Returns a measure of every pair of two sets of recordings, `[A, B]`.

    Args:
        measure: of two recordings, such as `linear_cka`; it is compiled once for each pair of
            shapes.
        first: recordings of the same moments by name, such as a network's layers.
        second: others, or the same.

    Example:
        >>> from rnnjax.analysis.similarity.cka import linear_cka
        >>> x = jnp.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
        >>> layers = {"layer 1": x, "layer 2": x[:, :1]}
        >>> similarity_matrix(linear_cka, layers, layers).shape
        (2, 2)
    """
    compiled = jax.jit(measure)
    return jnp.array([[compiled(x, y) for y in second.values()] for x in first.values()])


def plot_similarity(
    values: Array,
    rows: list[str],
    columns: list[str],
    *,
    title: str,
    label: str = "linear CKA",
    names: tuple[str, str] = ("first network", "second network"),
    limits: tuple[float, float] = (0.0, 1.0),
) -> "Figure":
    """Draws a matrix of similarities, the numbers in its squares where they have room.

    Args:
        values: `[A, B]`.
        rows: names of the first recordings.
        columns: names of the second ones.
        title: above the figure.
        label: the measure, and its unit if it has one, such as "shape distance (radians)".
        names: what the first recordings are of, and the second ones.
        limits: of the colours.

    Example:
        >>> figure = plot_similarity(jnp.eye(2), ["a", "b"], ["a", "b"], title="two networks")
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['1.00', '0.00', '0.00', '1.00']
    """
    found = np.asarray(values, float)
    height = float(np.clip(0.42 * len(rows), 2.2, 8.0))
    width = float(np.clip(0.55 * len(columns), 2.6, 9.0))
    with titled_figure(title, (width + 2.4, height + 1.5), {"axes.grid": False}) as figure:
        panel = figure.subplots()
        image = panel.imshow(found, cmap="cividis", vmin=limits[0], vmax=limits[1], aspect="auto")
        letters = len(columns) * max(map(len, columns))
        slant = {"rotation": 45, "ha": "right"} if letters > 8 * width else {}
        panel.set_xticks(range(len(columns)), columns, **slant)
        panel.set_yticks(range(len(rows)), rows)
        panel.set(xlabel=names[1], ylabel=names[0])
        panel.tick_params(length=0)
        if len(rows) <= 16 and len(columns) <= 16:
            middle = (limits[0] + limits[1]) / 2
            for (row, column), value in np.ndenumerate(found):
                colour = "black" if value > middle else "white"
                how = {"ha": "center", "va": "center", "fontsize": 8.5, "color": colour}
                panel.text(column, row, f"{value:.2f}", **how)
        figure.colorbar(image, ax=panel, label=label)
    return figure
