"""Which inputs, at which steps, an output depends on."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.typing import Array, Key

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Saliency(NamedTuple):
    """How an output changes with its inputs.

    Attributes:
        gradient: `dy/dx_t`, `[T, ..., D]`.
        times_input: `x_t * dy/dx_t`, the same.
        profile: `|dy/dx_t|` over features, `[T, ...]`.

    Example:
        >>> Saliency(jnp.ones((5, 2)), jnp.ones((5, 2)), jnp.ones(5)).profile.shape
        (5,)
    """

    gradient: Array
    times_input: Array
    profile: Array


def saliency(function: Callable[[Array], Array], xs: Array) -> Saliency:
    """Returns the gradient of an output by the inputs of all steps, through all of time.

    What is changed at a step changes all states after it, and so is what they make of it.

    Args:
        function: maps `xs` to one number a sequence, `[...]`, each from its own inputs alone: a
            logit at one step, rather than a probability, or a loss.
        xs: inputs, `[T, ..., D]`; of symbols their embeddings.

    Raises:
        ValueError: if the function gives other than a number a sequence.

    Example: the sum of the last two steps.
        >>> saliency(lambda xs: xs[-2:, :, 0].sum(0), jnp.ones((4, 1, 2))).profile.ravel().tolist()
        [0.0, 0.0, 1.0, 1.0]

    References:
        Simonyan, Vedaldi & Zisserman (2014), Deep inside convolutional networks: visualising image
        classification models and saliency maps, ICLR workshop, arXiv:1312.6034.
        Shrikumar, Greenside, Shcherbina & Kundaje (2016), Not just a black box: learning important
        features through propagating activation differences, arXiv:1605.01713 (times the input).
    """
    gradient = gradients(function, xs)
    return Saliency(gradient, xs * gradient, jnp.linalg.norm(gradient, axis=-1))


def smooth_gradient(
    function: Callable[[Array], Array], xs: Array, key: Key, std: float, samples: int = 50
) -> Array:
    """Returns the mean gradient at inputs with Gaussian noise, `[T, ..., D]`.

    Args:
        function: see `saliency`.
        xs: inputs, `[T, ..., D]`.
        key: of the noise.
        std: of the noise, in the unit of the inputs.
        samples: how many are averaged, one after another.

    Raises:
        ValueError: if the function gives other than a number a sequence, or there are no samples.

    Example: the slope of a kink is that of both its sides.
        >>> xs = jnp.zeros((1, 1, 1))
        >>> found = smooth_gradient(lambda xs: jnp.abs(xs).sum((0, 2)), xs, jax.random.key(0), 1.0)
        >>> bool(jnp.abs(found).max() < 0.3)
        True

    References:
        Smilkov, Thorat, Kim, Viegas & Wattenberg (2017), SmoothGrad: removing noise by adding
        noise, arXiv:1706.03825.
    """
    if samples < 1:
        raise ValueError(f"samples must be 1 or more; got {samples}")

    def add(total: Array, key: Key) -> tuple[Array, None]:
        noise = std * jax.random.normal(key, xs.shape, xs.dtype)
        return total + gradients(function, xs + noise), None

    total, _ = jax.lax.scan(add, jnp.zeros_like(xs), jax.random.split(key, samples))
    return total / samples


def gradients(function: Callable[[Array], Array], xs: Array) -> Array:
    """Returns `dy/dx` of each sequence, `[T, ..., D]`; see `saliency`.

    Raises:
        ValueError: if the function gives other than a number a sequence.

    Example:
        >>> gradients(lambda xs: (xs**2).sum((0, 2)), jnp.ones((1, 2, 1))).ravel().tolist()
        [2.0, 2.0]
    """
    found = jax.eval_shape(function, xs)
    if found.shape != xs.shape[1:-1]:
        raise ValueError(
            f"a function of xs {xs.shape} must give a number a sequence, {xs.shape[1:-1]}; "
            f"got {found.shape}"
        )
    return jax.grad(lambda xs: function(xs).sum())(xs)


def plot_saliency(
    values: Array,
    *,
    title: str,
    names: Sequence[str] | None = None,
    symbols: Sequence[str] | None = None,
    label: str = "gradient",
) -> "Figure":
    """Draws attributions over one sequence: a heat map of features, and below it their sums.

    Red is for what raises the output and blue for what lowers it, on a scale about zero.

    Args:
        values: `[T, D]`, of one sequence.
        title: above the figure.
        names: of the features.
        symbols: what is read at each step, written below the steps where they have room.
        label: what they are, and in which unit.

    Example:
        >>> figure = plot_saliency(jnp.ones((5, 2)), title="a sequence", names=["x", "y"])
        >>> figure.axes[1].get_xlabel()
        'step'
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    found = np.asarray(values, float).T
    features, steps = found.shape
    most = float(np.abs(found).max()) or 1.0
    height = float(np.clip(0.28 * features, 0.8, 4.0))
    is_written = symbols is not None and steps <= 90
    with titled_figure(title, (8.0, height + 2.6), {"axes.grid": False}) as figure:
        heat, sums = figure.subplots(2, 1, sharex=True, height_ratios=[height, 1.2])
        look = {"aspect": "auto", "interpolation": "nearest", "cmap": "RdBu_r"}
        image = heat.imshow(found, vmin=-most, vmax=most, **look)
        figure.colorbar(image, ax=heat, label=label, pad=0.01)
        if names is not None and features <= 40:
            heat.set_yticks(range(features), names, fontsize=9 if features <= 20 else 6)
        else:
            heat.set_yticks(np.unique(np.linspace(0, features - 1, 4).astype(int)))
        heat.set_ylabel("feature")
        total = found.sum(0)
        colours = np.where(total >= 0, COLOURS[1], COLOURS[0])
        sums.bar(np.arange(steps), total, width=0.9, color=colours)
        sums.axhline(0, color=GREY, lw=0.8)
        sums.set(xlabel="step", ylabel="sum over\nfeatures", xlim=(-0.5, steps - 0.5))
        if is_written:
            sums.set_xticks(range(steps), symbols, fontsize=8, parse_math=False)
            heat.tick_params(axis="x", length=0)
            sums.tick_params(axis="x", length=0)
        else:
            sums.locator_params(axis="x", integer=True)
    return figure
