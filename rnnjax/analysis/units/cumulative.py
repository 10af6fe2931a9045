"""Ablation of more and more units, in an order."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.analysis.units.ablation_effects import AblationEffects
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def cumulative_masks(order: Array) -> Array:
    """Returns which units are ablated when the first of an order are: row m has the first m + 1.

    Args:
        order: the numbers of N units, `[N]`, such as `jnp.argsort(-found.effects)` or, to compare,
            `jax.random.permutation(key, N)`.

    Returns:
        Boolean `[N, N]`.

    Raises:
        ValueError: if it has other axes.

    Example:
        >>> cumulative_masks(jnp.array([2, 0, 1])).astype(int).tolist()
        [[0, 0, 1], [1, 0, 1], [1, 1, 1]]
    """
    order = jnp.asarray(order)
    if order.ndim != 1:
        raise ValueError(f"an order is [N]; got {order.shape}")
    ranks = jnp.argsort(order)  # of a permutation, its inverse
    return ranks[None] <= jnp.arange(len(order))[:, None]


def plot_cumulative_ablation(
    curves: Mapping[str, AblationEffects], *, title: str, label: str = "loss"
) -> "Figure":
    """Draws the loss against how many units are ablated, for several orders.

    Args:
        curves: of `cumulative_masks` of the same network, by the order's name, such as "largest
            effect first" and "at random".
        title: above the figure.
        label: the loss and its unit.

    Example:
        >>> found = AblationEffects(1.0, *map(jnp.array, ([1.5, 1.6], [0.5, 0.6], [0.1, 0.1])))
        >>> figure = plot_cumulative_ablation({"at random": found}, title="GRU(2)")
        >>> figure.axes[0].lines[0].get_ydata().round(1).tolist()
        [1.0, 1.5, 1.6]
    """
    from rnnjax.runs.figures.style import COLOURS

    with titled_figure(title, (6.2, 4.0)) as figure:
        panel = figure.subplots()
        dashes = ("-", (0, (4, 2)), (0, (1, 1)), "-.", (0, (6, 1, 1, 1)), "-")
        for (name, found), colour, dash in zip(curves.items(), COLOURS, dashes, strict=False):
            losses = np.concatenate([[float(found.intact)], np.asarray(found.losses, float)])
            errors = np.concatenate([[0.0], np.asarray(found.standard_errors, float)])
            at = np.arange(len(losses))
            how = {"color": colour, "alpha": 0.18, "lw": 0}
            panel.fill_between(at, losses - 2 * errors, losses + 2 * errors, **how)
            panel.plot(at, losses, color=colour, ls=dash, lw=1.6, label=name)
        panel.set(xlabel="units ablated", ylabel=label)
        panel.locator_params(axis="x", integer=True)
        figure.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
