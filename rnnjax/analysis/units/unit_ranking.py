"""Which units follow a label, and whether the best of many does so by chance."""

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.analysis.rows import centred, rows
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class UnitRanking(NamedTuple):
    """How well N units follow a label.

    Attributes:
        order: the units, the largest correlation of either sign first, `[N]`.
        correlations: with the label, `[N]`, unit by unit; 0 of a constant one.
        auc: the chance that a unit is higher at a step whose label is above its mean than at
            another, `[N]`: 1/2 of one that knows nothing.
        by_chance: what the largest correlation of the N is below in 95 of 100 cases where the label
            is moved in time, a scalar.

    Example:
        >>> UnitRanking(*map(jnp.array, ([1, 0], [0.1, -0.9], [0.5, 0.0], 0.3))).order.tolist()
        [1, 0]
    """

    order: Array
    correlations: Array
    auc: Array
    by_chance: Array


def rank_units(activations: Array, labels: Array) -> UnitRanking:
    """Ranks units by their correlation with a label, true or false or a number a step.

    The best of many units correlates with anything, and the more so where both change slowly. So
    the label is moved around the sequence by every number of steps from a twentieth of it on, which
    keeps how it goes and takes away what it says, and the largest correlation noted each time. One
    that repeats itself is moved onto itself: take a long text without that.

    Args:
        activations: of one sequence, `[T, N]` real.
        labels: `[T]`, boolean or numbers, such as `inside_quotes(text)`, of the same steps.

    Raises:
        TypeError: if activations are complex.
        ValueError: if shapes do not fit, or there are fewer than 20 steps.

    Example:
        >>> labels = jnp.arange(40) % 5 == 0
        >>> activations = jnp.stack([jnp.sin(jnp.arange(40.0)), -1.0 * labels], axis=1)
        >>> found = rank_units(activations, labels)
        >>> found.order.tolist(), found.auc.round(2).tolist()[1]
        ([1, 0], 0.0)

    References:
        Karpathy, Johnson & Li (2016), Visualizing and understanding recurrent networks, ICLR
        workshop, arXiv:1506.02078 (such units).
    """
    labels = jnp.asarray(labels)
    if jnp.ndim(activations) != 2 or labels.shape != activations.shape[:1] or len(labels) < 20:
        raise ValueError(
            f"activations {jnp.shape(activations)} and labels {labels.shape} must be [T, N] and "
            "[T] of 20 steps or more"
        )
    return _ranked(rows(activations, "activations"), labels)


@jax.jit
def _ranked(activations: Array, labels: Array) -> UnitRanking:
    x, label = _unit(activations), _unit(labels.astype(activations.dtype)[:, None])
    # Correlations with the label moved by each number of steps, all at once.
    spectrum = jnp.fft.rfft(x, axis=0) * jnp.conj(jnp.fft.rfft(label, axis=0))
    moved = jnp.fft.irfft(spectrum, n=len(x), axis=0)
    near = len(x) // 20
    by_chance = jnp.quantile(jnp.abs(moved[near : len(x) - near]).max(1), 0.95)
    correlations = (x * label).sum(0)
    order = jnp.argsort(-jnp.abs(correlations), stable=True)
    auc = _auc(activations, labels > labels.mean())
    return UnitRanking(order, correlations, auc, by_chance)


def _unit(x: Array) -> Array:
    """Returns columns without their mean and of length 1, or 0 where they hardly vary."""
    x = centred(x)
    size = jnp.linalg.norm(x, axis=0, keepdims=True)
    return jnp.where(size > 0, x / jnp.where(size > 0, size, 1), 0)


def _auc(x: Array, is_high: Array) -> Array:
    """Returns Mann and Whitney's statistic of each column as a share; ties count half."""

    def one(column: Array) -> Array:
        ordered = jnp.sort(column)
        below, upto = (jnp.searchsorted(ordered, column, side=s) for s in ("left", "right"))
        ranks = (below + upto + 1) / 2
        high = is_high.sum()
        over = jnp.where(is_high, ranks, 0).sum() - high * (high + 1) / 2
        return over / jnp.maximum(high * (len(column) - high), 1)

    return jax.vmap(one, in_axes=1)(x)


def plot_ranking(found: UnitRanking, *, title: str, label: str, most: int = 30) -> "Figure":
    """Draws the correlations of the first units, and what is found by chance.

    Args:
        found: by `rank_units`.
        title: above the figure.
        label: what they are correlated with, such as "inside quotes".
        most: how many units are drawn.

    Example:
        >>> found = UnitRanking(*map(jnp.array, ([1, 0], [0.1, -0.9], [0.5, 0.0], 0.3)))
        >>> figure = plot_ranking(found, title="LSTM(2)", label="inside quotes")
        >>> [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
        ['1', '0']
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    order = np.asarray(found.order)[:most]
    values, chance = np.asarray(found.correlations, float)[order], float(found.by_chance)
    with titled_figure(title, (7.4, 3.7)) as figure:
        panel = figure.subplots()
        colours = np.where(values >= 0, COLOURS[1], COLOURS[0])
        panel.axhspan(-chance, chance, color="#E4E4E4", lw=0, label="the best by chance (95 %)")
        panel.bar(np.arange(len(order)), values, color=colours)
        panel.axhline(0, color=GREY, lw=0.8)
        size = 9 if len(order) <= 20 else 8
        turn = 90 if len(order) > 20 else 0
        panel.set_xticks(range(len(order)), map(str, order), fontsize=size, rotation=turn)
        panel.grid(visible=False, axis="x")
        panel.set(xlabel="unit", ylabel=f"correlation with\n{label}", xlim=(-0.7, len(order) - 0.3))
        figure.legend(*panel.get_legend_handles_labels(), loc="outside lower center")
    return figure
