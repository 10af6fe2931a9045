"""How much of a loss's gradient reaches the states of earlier steps."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from rnnjax.analysis.figures import power_of_ten, titled_figure
from rnnjax.analysis.vector_steps import Step, as_pytree, log_norm, pull_back, vector_step
from rnnjax.dynamics import to_state
from rnnjax.typing import Array, State

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class GradientLag(NamedTuple):
    """Natural logarithms of norms of `dL / d state_{T-k}`; minus infinity where there is none.

    Attributes:
        log_norms: of the whole state, `[T + 1, ...]` by lag k.
        blocks: of each array of the state, in the state's own type: `blocks.c` of an LSTM.

    Example:
        >>> GradientLag(jnp.zeros(5), {"h": jnp.zeros(5)}).log_norms.shape
        (5,)
    """

    log_norms: Array
    blocks: State


def gradient_by_lag(
    step: Step, state: State, xs: Array, loss: Callable[[State], Array]
) -> GradientLag:
    """Returns the norm of a loss's gradient by the states before the end, for every sequence.

    The loss is of the last state alone: one that is summed over time mixes all lags. The gradient
    is taken back a step at a time and scaled to length 1, so that it neither vanishes nor explodes.

    Args:
        step: maps a state and `x_t` to the next state and an output; see `lyapunov_spectrum`.
        state: before the first step, leaves `[..., *own]`.
        xs: inputs, `[T, ..., D]`.
        loss: maps the last state to a number a sequence, `[...]`.

    Raises:
        TypeError: if the state is not of real or complex numbers.
        ValueError: if the state has other batch axes than the inputs.

    References:
        Bengio, Simard & Frasconi (1994), Learning long-term dependencies with gradient descent is
        difficult, IEEE Transactions on Neural Networks 5.
        Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks,
        ICML, arXiv:1211.5063.

    Example: of a unit that keeps half of what it has, half of the gradient is left a step before.
        >>> found = gradient_by_lag(
        ...     lambda h, x_t: (h / 2 + x_t, h), jnp.zeros(1), jnp.ones((3, 1)), lambda h: h[0]
        ... )
        >>> jnp.exp(found.log_norms).round(4).tolist()
        [1.0, 0.5, 0.25, 0.125]
    """
    return _run(as_pytree(step), state, xs, as_pytree(loss))


@jax.jit
def _run(step: Step, state: State, xs: Array, loss: Callable[[State], Array]) -> GradientLag:
    vectors = vector_step(step, state, xs)
    own = jax.tree.map(lambda leaf: leaf.ndim, vectors.like)

    def gradient(end: Array) -> Array:
        return jax.grad(lambda h: jnp.sum(loss(to_state(h, vectors.like))))(end)[None]

    def measure(rows: Array) -> GradientLag:
        blocks = to_state(rows[0], vectors.like)
        return GradientLag(log_norm(rows[0], 1), jax.tree.map(log_norm, blocks, own))

    return pull_back(vectors, xs, gradient, measure)


def lag_quantiles(log_norms: Array, quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)) -> Array:
    """Returns quantiles over sequences, `[Q, T + 1]` of logarithms `[T + 1, ...]`.

    Of logarithms and not of norms, the mean of which is that of a few sequences.

    Example:
        >>> lag_quantiles(jnp.array([[0.0, 0.0, 0.0], [-1.0, -2.0, -jnp.inf]]), (0.5,)).tolist()
        [[0.0, -2.0]]
    """
    flat = log_norms.reshape(len(log_norms), -1)
    found = jnp.quantile(flat, jnp.array(quantiles, flat.dtype), axis=1)
    # Between a number and minus infinity quantiles have no value of their own.
    is_known = ~jnp.any(jnp.isnan(flat), axis=1)
    return jnp.where(jnp.isnan(found) & is_known[None], -jnp.inf, found)


def plot_gradient_by_lag(
    curves: Mapping[str, npt.ArrayLike],
    *,
    ylabel: str = "gradient norm / that at lag 0",
    title: str = "Gradient against lag",
) -> "Figure":
    """Draws medians over sequences against lag, and what lies between the deciles.

    Args:
        curves: natural logarithms of norms, `[T + 1, ...]`, by what they are of. Each is drawn by
            its median at lag 0, or at the first lag at which there is a gradient.
        ylabel: what the norms are.
        title: above the figure.

    Raises:
        ValueError: if there is no curve.

    Example: an LSTM whose forget gates start at 1/2, nearer to 1, and as far as 100 steps ask.
        >>> from jax.tree_util import Partial
        >>> from rnnjax import cells
        >>> several = {
        ...     "forget bias 0": cells.LSTM(16, forget_bias=0.0),
        ...     "forget bias 1": cells.LSTM(16, forget_bias=1.0),
        ...     "chrono, 100 steps": cells.LSTM(16, bias_init=cells.Chrono(100)),
        ... }
        >>> xs = jax.random.normal(jax.random.key(0), (100, 32, 4))
        >>> weights = jax.random.normal(jax.random.key(1), (16,))
        >>> curves = {}
        >>> for name, cell in several.items():
        ...     params = cell.init(jax.random.key(2), input_dim=4)
        ...     found = gradient_by_lag(
        ...         Partial(cell.step, params),
        ...         cell.initial_state(params, (32,)),
        ...         xs,
        ...         lambda state: state.h @ weights,
        ...     )
        ...     curves[name] = found.log_norms
        >>> left = [float(jnp.median(logs[-1] - logs[0])) for logs in curves.values()]
        >>> [round(nats / 2.302585) for nats in left]  # powers of ten
        [-17, -6, -1]
        >>> figure = plot_gradient_by_lag(curves)  # figure.savefig("lag.png")
        >>> figure.axes[0].get_xlabel()
        'lag (steps)'
    """
    from rnnjax.runs.figures.style import COLOURS

    if not curves:
        raise ValueError("there is no curve to draw")
    with titled_figure(title, (7.0, 4.2)) as figure:
        panel = figure.subplots()
        for index, (name, logs) in enumerate(curves.items()):
            found = np.asarray(lag_quantiles(jnp.asarray(logs)), float) / np.log(10)
            found[~np.isfinite(found)] = np.nan
            low, middle, high = found - next(iter(found[1, np.isfinite(found[1])]), 0.0)
            colour, lags = COLOURS[index % len(COLOURS)], np.arange(len(middle))
            panel.fill_between(lags, low, high, color=colour, alpha=0.2, lw=0)
            panel.plot(lags, middle, lw=1.8, color=colour, label=name)
        panel.set(xlabel="lag (steps)", ylabel=ylabel)
        panel.margins(x=0.01)
        panel.yaxis.set_major_formatter(power_of_ten)
        panel.locator_params(axis="x", integer=True)
        figure.legend(loc="outside lower center", ncols=min(len(curves), 3))
        return figure
