"""How much of past inputs a linear readout finds in the states."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betainc

from rnnjax.analysis.figures import titled_figure
from rnnjax.analysis.rows import centred, product, rows
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class MemoryCapacity(NamedTuple):
    """What `memory_capacity` finds, each `[K]` over lags.

    Attributes:
        lags: in steps.
        raw: `R^2` of the least-squares readout on the rows that it is fitted to, 0 to 1.
        unbiased: the same without what any regression finds by chance, `1 - (1 - R^2)(T - 1) /
            (T - r - 1)`; zero on average, and often below it, where there is no memory.
        p_values: the chance of such an `R^2` or more without memory, for Gaussian inputs exactly.
        rank: r, of the states, a scalar.
        by_chance: the mean `R^2` without memory, `r / (T - 1)`, a scalar.

    Example:
        >>> found = MemoryCapacity(
        ...     *map(jnp.array, ([1, 2], [0.9, 0.1], [0.8, 0.0], [0.0, 0.5], 5, 0.1))
        ... )
        >>> found.total.item(), found.significant().item()
        (0.800000011920929, 0.8999999761581421)
    """

    lags: Array
    raw: Array
    unbiased: Array
    p_values: Array
    rank: Array
    by_chance: Array

    @property
    def total(self) -> Array:
        """The memory capacity, in inputs: the sum of the unbiased ones over the lags."""
        return self.unbiased.sum()

    def significant(self, level: float = 1e-4) -> Array:
        """Returns the sum of the raw ones whose p-value is below a level.

        What is subtracted from `unbiased` must not be subtracted from these as well.
        """
        return jnp.where(self.p_values < level, self.raw, 0).sum()


def memory_capacity(states: Array, inputs: Array, lags: Sequence[int]) -> MemoryCapacity:
    """Returns `MC_k = max_w corr^2(s_t w, u_{t-k})` over lags k.

    Inputs must be drawn independently, else a readout guesses the past from what it knows of the
    present, and the sum over `k >= 0` is no longer at most the number of units. Jaeger's sum is
    over `lags=range(1, K)`; `s_t` has already seen `u_t`, so that many add lag 0. Weak memories lie
    in directions of little variance: below `T eps` of the largest, which in single precision is
    much, they are left out. Use double precision (`jax.enable_x64`) for more than some tens.

    Args:
        states: `s`, `[T, N]` real, after a washout; see `dynamics.to_vector`.
        inputs: `u`, `[T]`, `u[t]` what the step to `s[t]` reads.
        lags: whole numbers of 0 or more, in steps. Rows before the largest are left out for all.

    Raises:
        TypeError: if states are complex.
        ValueError: if shapes do not fit, a lag is below 0, or fewer than `N + 2` rows are left.

    Example: a delay line of three units.
        >>> import jax
        >>> u = jax.random.normal(jax.random.key(0), (500,))
        >>> line = jnp.stack([jnp.roll(u, k) for k in range(3)], axis=1)
        >>> memory_capacity(line[3:], u[3:], range(5)).raw.round(1).tolist()
        [1.0, 1.0, 1.0, 0.0, 0.0]

    References:
        Jaeger (2002), Short term memory in echo state networks, GMD Report 152.
        Dambre, Verstraeten, Schrauwen & Massar (2012), Information processing capacity of dynamical
        systems, Scientific Reports 2:514 (what is found by chance).
        Ballarin, Grigoryeva & Ortega (2023), Memory of recurrent networks: do we compute it right?
        arXiv:2305.01457 (directions of little variance).
    """
    inputs = jnp.asarray(inputs)
    if states.ndim != 2 or inputs.shape != states.shape[:1]:
        raise ValueError(f"states {states.shape} and inputs {inputs.shape} must be [T, N] and [T]")
    if not len(lags) or min(lags) < 0:
        raise ValueError(f"lags must be whole numbers of 0 or more; got {list(lags)}")
    first, (steps, units) = max(lags), states.shape
    count = steps - first
    if count < units + 2:
        raise ValueError(f"{count} rows are left of states {states.shape} after lag {first}")
    basis, rank = _basis(centred(rows(states)[first:]))
    targets = jnp.stack([inputs[first - k : steps - k] for k in lags], axis=1)
    targets = centred(targets.astype(basis.dtype))
    power = (targets**2).sum(0)
    found = (product(basis.T, targets) ** 2).sum(0) / jnp.where(power > 0, power, 1)
    raw = jnp.clip(found, 0, 1)
    free = count - 1 - rank
    unbiased = 1 - (1 - raw) * (count - 1) / free
    p_values = betainc(free / 2, rank / 2, 1 - raw)
    return MemoryCapacity(jnp.array(lags), raw, unbiased, p_values, rank, rank / (count - 1))


def _basis(x: Array) -> tuple[Array, Array]:
    """Returns orthonormal columns that span those of `x`, zeros in the place of missing ones."""
    u, s, _ = jnp.linalg.svd(x, full_matrices=False)
    there = s > s[0] * jnp.finfo(x.dtype).eps * max(x.shape)
    return jnp.where(there[None], u, 0), there.sum()


def plot_memory_capacity(found: MemoryCapacity, *, title: str, level: float = 1e-4) -> "Figure":
    """Draws the capacity against the lag; hollow points are not told from chance.

    Args:
        found: of one network.
        title: above the figure.
        level: of the p-value below which a point is filled.

    Example:
        >>> found = MemoryCapacity(*map(jnp.array, ([1], [0.9], [0.8], [0.0], 5, 0.1)))
        >>> plot_memory_capacity(found, title="ESN(5)").axes[0].get_xlabel()
        'lag (steps)'
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    order = np.argsort(found.lags)
    lags, raw, unbiased = (np.asarray(x)[order] for x in found[:3])
    filled = np.asarray(found.p_values)[order] < level
    total, rank = float(found.total), int(found.rank)
    with titled_figure(title, (6.2, 3.9)) as figure:
        panel = figure.subplots()
        panel.fill_between(lags, 0, np.clip(unbiased, 0, None), color=COLOURS[0], alpha=0.15, lw=0)
        panel.plot(lags, raw, color=GREY, lw=0.9, ls=(0, (4, 2)), label="raw $R^2$")
        label = f"without chance: {total:.1f} inputs in all, rank {rank}"
        panel.plot(lags, unbiased, color=COLOURS[0], lw=1.4, label=label)
        how = {"ls": "", "marker": "o", "ms": 4, "mec": COLOURS[0]}
        panel.plot(lags[filled], unbiased[filled], mfc=COLOURS[0], **how)
        panel.plot(lags[~filled], unbiased[~filled], mfc="white", **how)
        panel.set(xlabel="lag (steps)", ylabel="share of the input's variance ($R^2$)")
        panel.set_ylim(min(-0.02, 1.1 * unbiased.min()), 1.05)
        panel.locator_params(axis="x", integer=True)
        figure.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
