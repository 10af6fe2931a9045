"""Whether a step keeps lengths and angles: the singular values of its Jacobian."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from rnnjax import dynamics
from rnnjax.analysis.figures import power_of_ten, titled_figure
from rnnjax.analysis.stability.gradient_lag import lag_quantiles
from rnnjax.analysis.vector_steps import Step, as_pytree, vector_step
from rnnjax.typing import Array, State

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Isometry(NamedTuple):
    """Singular values of Jacobians: of an isometry all are 1, `mean_square` 1 and `variance` 0.

    Attributes:
        singular_values: `[..., N]`, from the largest.
        mean_square: of the singular values, `chi = |J|^2 / N` by the Frobenius norm, `[...]`.
        variance: of their squares, `[...]`.

    Example:
        >>> Isometry(jnp.ones(4), jnp.ones(()), jnp.zeros(())).singular_values.shape
        (4,)
    """

    singular_values: Array
    mean_square: Array
    variance: Array


def isometry(step: Step, states: State, xs: Any) -> Isometry:
    """Returns the singular values of a step's Jacobian at many points at once.

    Args:
        step: maps a state and `x_t` to the next state and an output; see `lyapunov_spectrum`.
        states: where, leaves `[..., *own]`: before the step.
        xs: the inputs there, `[..., D]`.

    Raises:
        TypeError: if the state is not of real or complex numbers.
        ValueError: if states and inputs differ in their leading axes.

    References:
        Saxe, McClelland & Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in
        deep linear neural networks, ICLR, arXiv:1312.6120.
        Pennington, Schoenholz & Ganguli (2017), Resurrecting the sigmoid in deep learning through
        dynamical isometry, NeurIPS, arXiv:1711.04735.

    Example:
        >>> found = isometry(lambda h, x_t: (h / 2, h), jnp.ones((5, 3)), jnp.ones((5, 1)))
        >>> found.singular_values[0].tolist(), found.mean_square[0].tolist()
        ([0.5, 0.5, 0.5], 0.25)
    """
    return _at_points(as_pytree(step), states, xs)


@jax.jit
def _at_points(step: Step, states: State, xs: Any) -> Isometry:
    # As one step of time: all leading axes are batch axes.
    vectors = vector_step(step, states, jax.tree.map(lambda x: x[None], xs))
    _, found = dynamics.jacobians(lambda h: vectors.step(h, xs), vectors.start)
    values = jnp.linalg.svd(found, compute_uv=False)
    return Isometry(values, jnp.mean(values**2, -1), jnp.var(values**2, -1))


def plot_singular_values(
    values: Mapping[str, npt.ArrayLike], *, title: str = "Singular values"
) -> "Figure":
    """Draws singular values by their index: medians over points, and between the deciles.

    Args:
        values: natural logarithms, `[..., N]` from the largest, by what they are of:
            `jnp.log(found.singular_values)`, or those of a product.
        title: above the figure.

    Raises:
        ValueError: if there are none.

    Example:
        >>> plot_singular_values({"identity": np.zeros(4)}).axes[0].get_xlabel()
        'index'
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    if not values:
        raise ValueError("there are no singular values to draw")
    with titled_figure(title, (7.0, 4.2)) as figure:
        panel = figure.subplots()
        panel.axhline(0, lw=1.2, ls=(0, (5, 3)), color=GREY, label="isometry", zorder=1)
        for index, (name, given) in enumerate(values.items()):
            logs = lag_quantiles(jnp.moveaxis(jnp.asarray(given), -1, 0)) / np.log(10)
            low, middle, high = np.where(np.isfinite(logs), logs, np.nan)
            colour, order = COLOURS[index % len(COLOURS)], np.arange(1, len(middle) + 1)
            panel.fill_between(order, low, high, color=colour, alpha=0.2, lw=0)
            panel.plot(order, middle, lw=1.7, marker=".", color=colour, label=name)
        panel.set(xlabel="index", ylabel="singular value")
        panel.locator_params(axis="x", integer=True, nbins=8)
        panel.yaxis.set_major_formatter(power_of_ten)
        figure.legend(loc="outside lower center", ncols=min(len(values) + 1, 3))
        return figure
