"""What a network loses without some of its units."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class AblationEffects(NamedTuple):
    """What M ablations do to a loss.

    Attributes:
        intact: the mean loss of the network as it is, a scalar.
        losses: the mean loss of each ablation, `[M]`.
        effects: the difference, `[M]`.
        standard_errors: of the effects, `[M]`, paired: from how much they differ between sequences.

    Example:
        >>> AblationEffects(1.0, jnp.array([1.5]), jnp.array([0.5]), jnp.array([0.1])).intact
        1.0
    """

    intact: Array
    losses: Array
    effects: Array
    standard_errors: Array


def ablation_effects(
    losses: Callable[[Array], Array], masks: Array, *, batch_size: int | None = None
) -> AblationEffects:
    """Runs a network once for each ablation, all in one compiled call.

    Single units are `masks = jnp.eye(N, dtype=bool)`, groups rows with several True, sets that grow
    `cumulative_masks`. The interaction of two units is the effect of both without those of each.

    Args:
        losses: maps a mask `[N]`, True where a unit is ablated, to the loss of each of B sequences,
            `[B]`; `analysis.ablating(mask)` is an engine that ablates.
        masks: `[M, N]`.
        batch_size: how many ablations are run at once; all if None.

    Raises:
        ValueError: if masks or losses have other axes.

    Example: of two units the readout sees the second alone.
        >>> from rnnjax import cells
        >>> from rnnjax.analysis.units.ablated import ablating
        >>> cell, xs = cells.GRU(2), jax.random.normal(jax.random.key(0), (5, 8, 3))
        >>> params = cell.init(jax.random.key(1), 3)
        >>> params = params._replace(w_h=jnp.zeros_like(params.w_h))
        >>> def losses(mask):
        ...     state = cell.initial_state(params, (8,))
        ...     _, ys = ablating(mask)(cell, params, state, xs)
        ...     return (ys[-1, :, 1] - 1) ** 2
        >>> found = ablation_effects(losses, jnp.eye(2, dtype=bool))
        >>> found.effects[0].item(), found.losses[1].item()
        (0.0, 1.0)

    References:
        Meyes, Lu, de Puiseau & Meisen (2019), Ablation studies in artificial neural networks,
        arXiv:1901.08644.
        Morcos, Barrett, Rabinowitz & Botvinick (2018), On the importance of single directions for
        generalization, ICLR, arXiv:1803.06959 (sets that grow).
    """
    masks = jnp.asarray(masks)
    if masks.ndim != 2:
        raise ValueError(f"masks must be [M, N], an ablation a row; got {masks.shape}")
    none = jnp.zeros_like(masks[:1])
    found = jax.eval_shape(losses, masks[0])
    if found.ndim != 1:
        raise ValueError(f"losses of a mask must be [B], one a sequence; got {found.shape}")

    @jax.jit
    def run(every: Array) -> Array:
        return jax.lax.map(losses, every, batch_size=batch_size or len(every))

    every = run(jnp.concatenate([none, masks]))
    gaps = every[1:] - every[:1]
    spread = jnp.sqrt(gaps.var(1) / jnp.maximum(found.size - 1, 1))
    return AblationEffects(every[0].mean(), every[1:].mean(1), gaps.mean(1), spread)


def plot_ablation(
    found: AblationEffects,
    *,
    title: str,
    names: Sequence[str] | None = None,
    label: str = "loss",
    most: int = 40,
) -> "Figure":
    """Draws the effects in order of size, with two standard errors to each side.

    Args:
        found: of M ablations.
        title: above the figure.
        names: of the ablations; their numbers if None.
        label: the loss and its unit, such as "cross-entropy (nats)".
        most: how many are drawn by name, those of the largest effects; a small panel has all.

    Example:
        >>> found = AblationEffects(1.0, *map(jnp.array, ([1.5, 1.1], [0.5, 0.1], [0.1, 0.1])))
        >>> figure = plot_ablation(found, title="GRU(2)", names=["a", "b"])
        >>> [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
        ['a', 'b']
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    effects, errors = np.asarray(found.effects, float), np.asarray(found.standard_errors, float)
    order = np.argsort(-effects, kind="stable")
    first = order[:most]
    called = [str(i) if names is None else names[i] for i in first]
    is_part = len(order) > most
    with titled_figure(title, (8.0, 3.9)) as figure:
        panels = figure.subplots(1, 2 if is_part else 1, width_ratios=[3.2, 1][: 1 + is_part])
        panel = np.atleast_1d(panels)[0]
        at = np.arange(len(first))
        how = {"ecolor": GREY, "error_kw": {"elinewidth": 0.9}, "color": COLOURS[0]}
        panel.bar(at, effects[first], yerr=2 * errors[first], **how)
        panel.axhline(0, color=GREY, lw=0.8)
        turn = 90 if max(map(len, called)) > 2 else 0
        panel.set_xticks(at, called, rotation=turn, fontsize=9 if len(called) <= 25 else 7.5)
        panel.grid(visible=False, axis="x")
        panel.set_xlim(-0.7, len(first) - 0.3)
        panel.set(xlabel="unit or group that is ablated", ylabel=f"change of {label}")
        intact = f"intact: {float(found.intact):.3g}"
        panel.set_title(intact, loc="right", fontsize=9.5, color=GREY)
        if is_part:
            panels[1].plot(np.arange(1, len(order) + 1), effects[order], color=COLOURS[0])
            panels[1].axvspan(0.5, most + 0.5, color="#E4E4E4", zorder=0)
            panels[1].set(xlabel=f"rank (all {len(order)})")
    return figure
