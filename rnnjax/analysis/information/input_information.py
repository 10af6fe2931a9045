"""What the states say about the input of some steps ago, on sequences that were held out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.analysis.information.recording import Recording, lagged
from rnnjax.analysis.information.ridge import fit_ridge
from rnnjax.analysis.rows import product
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class InputInformation(NamedTuple):
    """What is read out of states, by lag.

    Attributes:
        lags: in steps, `[K]`.
        score: `R^2` a feature, `[K, D]`, or the share of classes that are named rightly, `[K]`.
        chance: the score of a readout that looks at nothing, `[]`.
        bits: in bits, as `score`.

    Example:
        >>> InputInformation(jnp.array([1]), jnp.array([[0.75]]), 0.0, jnp.array([[1.0]])).lags
        Array([1], dtype=int32)
    """

    lags: Array
    score: Array
    chance: Array
    bits: Array


def decode_inputs(train: Recording, test: Recording, lags: Sequence[int]) -> InputInformation:
    """Reads `x_{t-k}` out of the state after step t, by ridge regression, for lags k.

    The readout is fitted on `train`, its penalty chosen there, and judged on `test`. These should
    be different sequences, or stretches of one with a gap of the largest lag or more: neighbours
    are near duplicates. `R^2 = 1 - sum (x - x^)^2 / sum (x - m)^2`, m the mean over `train`; below
    zero where the readout is worse than the mean. `bits` are `-1/2 log2(1 - R^2)`, which is the
    information that the readout has if inputs and errors are Gaussian.

    Args:
        train: states and inputs `[T, ..., N]` and `[T, ..., D]`.
        test: others, of any T and any batch axes.
        lags: in steps; those below 0 ask for inputs to come. Every lag is judged on the same steps,
            those that have all of the lags.

    Raises:
        TypeError: if states are complex.
        ValueError: if shapes do not fit or no step has all of the lags.

    Example: a state that is the input of a step ago.
        >>> xs = jax.random.normal(jax.random.key(0), (100, 2, 1))
        >>> seen = Recording(jnp.roll(xs, 1, axis=0)[1:], xs[1:])
        >>> found = decode_inputs(Recording(*(x[:60] for x in seen)), seen, [0, 1])
        >>> (found.score > 0.99).tolist()
        [[False], [True]]

    References:
        White, Lee & Sompolinsky (2004), Short-term memory in orthogonal neural networks, Physical
        Review Letters 92.
    """
    x, targets = lagged(train, lags)
    held_out, wanted = lagged(test, lags)
    error = ((fit_ridge(x, targets)(held_out) - wanted) ** 2).sum(1)
    spread = ((wanted - targets.mean(1, keepdims=True)) ** 2).sum(1)
    score = 1 - error / jnp.where(spread > 0, spread, 1)
    bits = -0.5 * jnp.log2(1 - jnp.clip(score, 0, 1))
    return InputInformation(jnp.array(lags), score, jnp.zeros((), score.dtype), bits)


def decode_classes(
    train: Recording, test: Recording, lags: Sequence[int], classes: int
) -> InputInformation:
    """Reads which of some classes the input of step `t - k` was out of the state after step t.

    As `decode_inputs`, of one-hot targets; the class of the largest output counts. `bits` are the
    mutual information of the class that was and the one that is named, what finitely many steps add
    taken off as by Miller and Madow: at most what the states have.

    Args:
        train: states `[T, ..., N]` and whole numbers `[T, ...]`.
        test: others.
        lags: in steps; see `decode_inputs`.
        classes: how many there are.

    Raises:
        TypeError: if states are complex.
        ValueError: if shapes do not fit or no step has all of the lags.

    Example:
        >>> ids = jax.random.randint(jax.random.key(0), (200, 2), 0, 3)
        >>> seen = Recording(jax.nn.one_hot(ids, 3), ids)
        >>> decode_classes(seen, seen, [0], 3).score.tolist()
        [1.0]

    References:
        Miller (1955), Note on the bias of information estimates, Information theory in psychology.
    """
    train, test = (Recording(r.states, jax.nn.one_hot(r.inputs, classes)) for r in (train, test))
    x, targets = lagged(train, lags)
    held_out, wanted = lagged(test, lags)
    named = jnp.argmax(fit_ridge(x, targets)(held_out), -1)
    named = jax.nn.one_hot(named, classes, dtype=wanted.dtype)
    counts = product(jnp.swapaxes(wanted, 1, 2), named)  # [K, C, C], a row a class that was
    total = counts.sum((1, 2))
    score = jnp.trace(counts, axis1=1, axis2=2) / total
    chance = wanted[..., jnp.argmax(targets.mean((0, 1)))].mean()
    return InputInformation(jnp.array(lags), score, chance, _bits(counts))


def _bits(counts: Array) -> Array:
    """Returns the mutual information of tables `[K, C, C]`, its bias taken off, 0 at the least."""
    total = counts.sum((-2, -1), keepdims=True)
    joint = counts / total
    row, column = joint.sum(-1, keepdims=True), joint.sum(-2, keepdims=True)
    ratio = jnp.where(joint > 0, joint, 1) / jnp.where(joint > 0, row * column, 1)
    plugin = (joint * jnp.log2(ratio)).sum((-2, -1))
    filled = [(x > 0).sum((-2, -1)) for x in (joint, row, column)]
    bias = (filled[0] - filled[1] - filled[2] + 1) / (2 * jnp.log(2.0) * total[..., 0, 0])
    return jnp.clip(plugin - bias, 0)


def plot_input_information(
    found: InputInformation, *, title: str, names: Sequence[str] | None = None
) -> "Figure":
    """Draws the score and the bits against the lag.

    Args:
        found: by one of the two functions above.
        title: above the figure.
        names: of the features, for the legend; of more than six the mean and the range are drawn.

    Example:
        >>> found = InputInformation(*map(jnp.array, ([1, 2], [[0.9], [0.1]], 0.0, [[1.7], [0.1]])))
        >>> plot_input_information(found, title="LSTM(8)").axes[1].get_ylabel()
        'information (bits)'
    """
    is_classes = found.score.ndim == 1
    score_label = "accuracy" if is_classes else "held-out $R^2$"
    order = np.argsort(found.lags)
    lags = np.asarray(found.lags)[order]
    with titled_figure(title, (7.6, 3.6)) as figure:
        panels = figure.subplots(1, 2)
        for panel, values in zip(panels, (found.score, found.bits), strict=True):
            _draw(panel, lags, np.asarray(values).reshape(len(lags), -1)[order], names)
            panel.set_xlabel("lag (steps)")
            panel.locator_params(axis="x", integer=True)
        panels[0].axhline(float(found.chance), color="#555555", lw=1, ls=(0, (4, 2)))
        panels[0].set_ylabel(f"{score_label} (dashed: chance)")
        panels[0].set_ylim(min(-0.02, max(-0.5, float(np.nanmin(found.score)))), 1.03)
        panels[1].set_ylabel("information (bits)")
        panels[1].set_ylim(bottom=0)
        handles, labels = panels[0].get_legend_handles_labels()
        if handles:
            figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def _draw(panel: Any, lags: np.ndarray, values: np.ndarray, names: Sequence[str] | None) -> None:
    from rnnjax.runs.figures.style import COLOURS

    if values.shape[1] > len(COLOURS):
        panel.fill_between(lags, values.min(1), values.max(1), color=COLOURS[0], alpha=0.2, lw=0)
        values, names = values.mean(1, keepdims=True), ("mean, and range over features",)
    for i, (colour, line) in enumerate(zip(COLOURS, values.T, strict=False)):
        label = names[i] if names is not None and i < len(names) else None
        panel.plot(lags, line, color=colour, lw=1.5, marker="o", ms=3, label=label)
