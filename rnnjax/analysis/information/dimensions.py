"""In how many directions states vary."""

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.analysis.rows import centred, product, rows
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Dimensions(NamedTuple):
    """How many directions the variance of states is spread over, by several counts.

    Attributes:
        variances: along the principal components, `[N]`, the largest first, in units of the states
            squared.
        participation_ratio: `(sum l)^2 / sum l^2` of those, 1 to N.
        unbiased: the same of the distribution that independent rows are drawn from: R rows of
            white noise in N dimensions have `1 / (1/N + 1/R)` of N. It may be above N, or anything
            where the rows are few.
        entropy: `exp(-sum p log p)`, `p = l / sum l`, 1 to N; never below the participation ratio.

    Example:
        >>> found = Dimensions(jnp.array([4.0, 1.0, 1.0]), 2.0, 2.1, 2.3)
        >>> found.components(0.8).item()
        2
    """

    variances: Array
    participation_ratio: Array
    unbiased: Array
    entropy: Array

    def components(self, share: float = 0.9) -> Array:
        """Returns how many principal components have such a share of the variance."""
        total = self.variances.sum()
        shares = jnp.cumsum(self.variances) / jnp.where(total > 0, total, 1)
        # What the last share lacks of 1 by rounding must not ask for one more than there are.
        count = jnp.minimum((shares < share).sum() + 1, len(self.variances))
        return jnp.where(total > 0, count, 0)


def dimensions(states: Array) -> Dimensions:
    """Returns in how many directions states vary about their mean; 0 where they do not.

    Not independent of units' scales: divide by standard deviations first to count all alike. Steps
    that follow each other are alike, and fewer than they seem, for `unbiased` as well.

    Args:
        states: `[..., N]` real, all axes before the last pooled; see `dynamics.to_vector`.

    Raises:
        TypeError: if they are complex.
        ValueError: if there are fewer than 4 rows.

    Example:
        >>> states = jnp.array(
        ...     [[2.0, 0, 0], [-2.0, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
        ... )
        >>> found = dimensions(states)
        >>> print(*(f"{variance:.1f}" for variance in found.variances))
        1.6 0.4 0.4
        >>> print(f"{found.participation_ratio:.2f}")
        2.00

    References:
        Gao et al. (2017), A theory of multineuronal dimensionality, dynamics and measurement,
        bioRxiv 214262 (participation ratio).
        Roy & Vetterli (2007), The effective rank: a measure of effective dimensionality, EUSIPCO.
        Song, Smola, Gretton, Borgwardt & Bedo (2007), Supervised feature selection via dependence
        estimation, ICML (the unbiased `tr C^2`).
    """
    x = rows(states)
    count = len(x)
    if count < 4:
        raise ValueError(f"states {jnp.shape(states)} are {count} rows: 4 or more are needed")
    x = centred(x)
    # Of the smaller of the two matrices that have the same eigenvalues.
    gram = product(x.T, x) if x.shape[1] <= count else product(x, x.T)
    found = jnp.clip(jnp.linalg.eigvalsh(gram)[::-1], 0)
    varies = found.sum() > 0
    share = found / jnp.where(varies, found.sum(), 1)
    entropy = jnp.exp(-(share * jnp.log(jnp.where(share > 0, share, 1))).sum())
    variances = jnp.zeros(x.shape[1], x.dtype).at[: len(found)].set(found / (count - 1))
    ratio = 1 / jnp.where(varies, (share**2).sum(), 1)
    squared_trace, trace_of_square = unbiased_traces(x)
    unbiased = squared_trace / jnp.where(varies, trace_of_square, 1)
    return Dimensions(variances, *(jnp.where(varies, n, 0) for n in (ratio, unbiased, entropy)))


def unbiased_traces(x: Array) -> tuple[Array, Array]:
    """Returns estimates of `(tr C)^2` and `tr C^2` that are right on average.

    C is the covariance that independent rows `x [R, N]` are drawn with, of any distribution. Each
    is a mean over all choices of four rows that differ, from `|x_1 - x_2|^2 |x_3 - x_4|^2 / 4` and
    `((x_1 - x_2) . (x_3 - x_4))^2 / 4`, in closed form.

    Example:
        >>> x = jnp.array([[0.0], [1.0], [2.0], [5.0]])
        >>> print(*(f"{found:.4f}" for found in unbiased_traces(x)))
        8.1667 8.1667
    """
    x, count = centred(x), len(x)
    norms = (x**2).sum(-1)
    total, squares = norms.sum(), (norms**2).sum()
    small = x.shape[1] <= count
    frobenius = ((product(x.T, x) if small else product(x, x.T)) ** 2).sum()
    n = float(count)
    pairs = (n**2 - 3 * n + 1) * total**2 - n * (n - 1) * squares + 2 * frobenius
    crossed = frobenius - n / (n - 2) * squares + total**2 / ((n - 1) * (n - 2))
    return pairs / (n * (n - 1) * (n - 2) * (n - 3)), crossed / (n * (n - 3))


def plot_dimensions(found: Dimensions, *, title: str) -> "Figure":
    """Draws the variance along principal components, and the share of the first ones together.

    Args:
        found: by `dimensions`.
        title: above the figure.

    Example:
        >>> found = Dimensions(jnp.array([4.0, 1.0, 1.0]), 2.0, 2.1, 2.3)
        >>> plot_dimensions(found, title="LSTM(3)").axes[0].get_xlabel()
        'principal component'
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    variances = np.asarray(found.variances, float)
    at, shares = np.arange(1, len(variances) + 1), variances / (variances.sum() or 1)
    counts = {
        "participation ratio, unbiased": found.unbiased,
        "participation ratio": found.participation_ratio,
        "entropy": found.entropy,
    }
    with titled_figure(title, (7.6, 3.8)) as figure:
        spectrum, together = figure.subplots(1, 2)
        there = shares > 1e-12
        spectrum.semilogy(at[there], shares[there], color=COLOURS[0], marker="o", ms=3, lw=1.2)
        spectrum.set(xlabel="principal component", ylabel="share of the variance")
        together.plot(at, np.cumsum(shares), color=COLOURS[0], marker="o", ms=3, lw=1.2)
        together.axhline(0.9, color=GREY, lw=1, ls=(0, (1, 2)), label="90 % of the variance")
        together.set(xlabel="principal components", ylabel="share of the variance together")
        together.set_ylim(0, 1.03)
        looks = zip(COLOURS[1:], ("-", (0, (4, 2)), (0, (1, 1))), strict=False)
        for (name, count), (colour, dashes) in zip(counts.items(), looks, strict=False):
            if 0 < float(count) <= 1.5 * len(at):
                label = f"{name}: {float(count):.1f}"
                together.axvline(float(count), color=colour, ls=dashes, lw=1.3, label=label)
        for panel in (spectrum, together):
            panel.locator_params(axis="x", integer=True)
        figure.legend(*together.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
