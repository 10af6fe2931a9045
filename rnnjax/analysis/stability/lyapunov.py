"""Lyapunov exponents of a recurrence along its inputs."""

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.analysis.vector_steps import Step, VectorStep, as_pytree, push, vector_step
from rnnjax.cells.broadcast import leading_axes
from rnnjax.typing import Array, Key, State

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LyapunovSpectrum(NamedTuple):
    """Exponents from the largest to the smallest, but for errors; nats a unit of time.

    Attributes:
        exponents: `[..., k]`.
        standard_errors: of their means over blocks of time, `[..., k]`.
        blocks: the exponents of each block alone, `[blocks, ..., k]`.

    Example:
        >>> LyapunovSpectrum(jnp.zeros(2), jnp.zeros(2), jnp.zeros((10, 2))).exponents.tolist()
        [0.0, 0.0]
    """

    exponents: Array
    standard_errors: Array
    blocks: Array


def lyapunov_spectrum(
    step: Step,
    state: State,
    xs: Any,
    *,
    k: int | None = None,
    transient: int = 0,
    every: int = 1,
    blocks: int = 10,
    dt: float = 1.0,
    key: Key | None = None,
) -> LyapunovSpectrum:
    """Returns the k largest Lyapunov exponents along a trajectory, by Benettin's method.

        Z_t = J_t Q_{t-1},  Q_t R_t = Z_t,  lambda_i = <ln |R_ii|> / dt

    Columns of `Q` are moved by Jacobian-vector products, k a step. Under inputs these are the
    conditional exponents; a step without inputs takes `xs = jnp.zeros((T, 0))`. A complex number is
    two real ones. Where Jacobians are singular, as those of relu are, exponents are minus infinity.
    Sums are compensated, so that single precision serves long trajectories.

    Args:
        step: maps a state and `x_t` to the next state and an output: any function, or
            `jax.tree_util.Partial(cell.step, params)`, compiled once for all parameters.
        state: to start from, leaves `[..., *own]`.
        xs: inputs, `[T, ..., D]`.
        k: how many exponents; by default N, as many as a state has real numbers.
        transient: steps at the start that do not count, nor do others there that fill no block.
        every: steps between two decompositions; columns must not become parallel meanwhile, so
            `every * (lambda_1 - lambda_k) * dt` has to stay well below 16 in single and 36 in
            double precision.
        blocks: parts of the time that counts, of which the standard errors are those of a mean of
            independent ones; 2 or more.
        dt: time of a step.
        key: of the first `Q`.

    Raises:
        TypeError: if the state is not of real or complex numbers.
        ValueError: if numbers do not fit.

    References:
        Benettin, Galgani, Giorgilli & Strelcyn (1980), Lyapunov characteristic exponents for smooth
        dynamical systems, Meccanica 15.
        Engelken, Wolf & Abbott (2023), Lyapunov spectra of chaotic recurrent neural networks,
        Physical Review Research 5, arXiv:2006.02427.

    Example: Arnold's cat map, of which they are plus and minus `ln((3 + sqrt(5)) / 2)`.
        >>> cat = jnp.array([[2.0, 1.0], [1.0, 1.0]])
        >>> step = lambda h, x_t: ((cat @ h) % 1.0, None)
        >>> found = lyapunov_spectrum(step, jnp.array([0.1, 0.2]), jnp.zeros((200, 0)))
        >>> (found.exponents + 0.0).round(2).tolist()
        [0.9599999785423279, -0.9599999785423279]
    """
    vectors = vector_step(step, state, xs)
    size, steps = vectors.start.shape[-1], leading_axes(xs)[0]
    k = size if k is None else k
    if not 1 <= k <= size:
        raise ValueError(f"k must be from 1 to the {size} numbers of the state; got {k}")
    if every < 1 or blocks < 2 or not 0 <= transient <= steps - every * blocks:
        raise ValueError(
            f"{steps} steps do not hold a transient of {transient} and {blocks} blocks, 2 or more, "
            f"of {every} steps or more"
        )
    key = jax.random.key(0) if key is None else key
    step = as_pytree(step)
    found = _run(step, state, xs, key, k, transient, every, blocks) / dt
    errors = jnp.std(found, axis=0, ddof=1) / blocks**0.5
    return LyapunovSpectrum(jnp.mean(found, axis=0), errors, found)


@functools.partial(jax.jit, static_argnums=(4, 5, 6, 7))
def _run(
    step: Step, state: State, xs: Any, key: Key, k: int, transient: int, every: int, blocks: int
) -> Array:
    """Returns the exponents a step of each block, `[blocks, ..., k]`."""
    vectors, total = vector_step(step, state, xs), leading_axes(xs)[0]
    turns = (total - transient) // (every * blocks)  # of each block
    first = total - turns * every * blocks

    def cut(start: int, stop: int, *shape: int) -> Any:
        return jax.tree.map(lambda x: x[start:stop].reshape(*shape, *x.shape[1:]), xs)

    turn = functools.partial(_turn, vectors)
    h = vectors.start
    # Not the identity: one of its columns may lie in a subspace that the Jacobians do not leave.
    Q = jnp.linalg.qr(jax.random.normal(key, (*h.shape, k), h.dtype))[0]
    rest = first % every
    moving, _ = turn((h, Q), cut(0, rest, rest))
    moving, _ = jax.lax.scan(turn, moving, cut(rest, first, (first - rest) // every, every))

    def add(carry: tuple, xs: Any) -> tuple[tuple, None]:
        moving, total, excess = carry
        moving, logs = turn(moving, xs)
        return (moving, *_add(total, excess, logs)), None

    def block(moving: tuple, xs: Any) -> tuple[tuple, Array]:
        zeros = jnp.zeros((*h.shape[:-1], k), h.dtype)
        (moving, total, _), _ = jax.lax.scan(add, (moving, zeros, zeros), xs)
        return moving, total / (turns * every)

    return jax.lax.scan(block, moving, cut(first, total, blocks, turns, every))[1]


def _turn(vectors: VectorStep, moving: tuple[Array, Array], xs: Any) -> tuple[tuple, Array]:
    """Makes some steps `xs [s, ..., D]`, then columns orthonormal; returns `ln |R_ii| [..., k]`."""

    def one(moving: tuple[Array, Array], x_t: Any) -> tuple[tuple, None]:
        h, columns = moving
        return push(lambda h: vectors.step(h, x_t), h, columns), None

    (h, columns), _ = jax.lax.scan(one, moving, xs)
    Q, R = jnp.linalg.qr(columns)
    return (h, Q), jnp.log(jnp.abs(jnp.diagonal(R, axis1=-2, axis2=-1)))


def _add(total: Array, excess: Array, x: Array) -> tuple[Array, Array]:
    """Adds as Kahan does: returns the sum, and how much more than the terms it is by rounding."""
    x = x - excess
    after = total + x
    excess = (after - total) - x
    return after, jnp.where(jnp.isfinite(excess), excess, 0)  # the sum may be infinite


def plot_lyapunov_spectrum(
    spectrum: LyapunovSpectrum, *, time: str = "step", title: str = "Lyapunov spectrum"
) -> "Figure":
    """Draws exponents by their index, with twice their standard errors, and how they converge.

    Args:
        spectrum: of one trajectory, `[k]`.
        time: the unit of time, such as "step" or "s".
        title: above the figure.

    Raises:
        ValueError: if it is of several trajectories.

    Example:
        >>> found = LyapunovSpectrum(jnp.array([0.1, -1.0]), jnp.zeros(2), jnp.ones((10, 2)))
        >>> plot_lyapunov_spectrum(found).axes[0].get_ylabel()
        'exponent (nats / step)'
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    values, errors, blocks = (np.asarray(x, float) for x in spectrum)
    if values.ndim != 1:
        raise ValueError(f"the exponents of one trajectory are [k]; got {values.shape}")
    index, counts = np.arange(1, len(values) + 1), np.arange(1, len(blocks) + 1)
    running = np.cumsum(blocks, axis=0) / counts[:, None]
    with titled_figure(title, (8.0, 3.6)) as figure:
        left, right = figure.subplots(1, 2)
        left.errorbar(index, values, 2 * errors, fmt="o", ms=3.5, lw=1.2, color=COLOURS[0])
        left.set(xlabel="index i", ylabel=f"exponent (nats / {time})")
        some = np.unique(np.linspace(0, len(values) - 1, min(len(values), 5)).astype(int))
        for i, colour in zip(some, COLOURS, strict=False):
            look = {"lw": 1.5, "marker": ".", "color": colour, "label": f"i = {i + 1}"}
            right.plot(counts, running[:, i], **look)
        right.set(xlabel="blocks of time", ylabel=f"mean so far (nats / {time})")
        for panel in (left, right):
            panel.locator_params(axis="x", integer=True, nbins=8)
            panel.axhline(0, lw=1.0, color=GREY, zorder=1)
        figure.legend(loc="outside right center", handlelength=1.2)
        return figure
