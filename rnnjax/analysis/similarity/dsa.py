"""Dynamical similarity: whether two networks move alike, however their states look."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from rnnjax.analysis.rows import product, rows
from rnnjax.typing import Array, Key


class LinearDynamics(NamedTuple):
    """The linear dynamics that fit delayed states best, `v_{t+1} = A v_t`.

    Attributes:
        a: `[rank, rank]`, of states of unit variance a direction.
        score: `R^2` of the next state, on those that it is fitted to.

    Example:
        >>> LinearDynamics(jnp.eye(2), jnp.ones(())).a.shape
        (2, 2)
    """

    a: Array
    score: Array


def fit_dynamics(states: Array, delays: int, rank: int, ridge: float = 1e-8) -> LinearDynamics:
    """Returns the linear dynamics of trajectories in delay coordinates.

    Rows `[x_t, x_{t-1}, ..., x_{t-delays+1}]` become the `rank` left singular vectors of largest
    singular value, without their mean taken off, and A the least-squares map from each to the next.
    Choose delays and rank by `score` on trajectories, the same for all networks that are compared.

    Args:
        states: `[T, ..., N]` real, trajectories along the batch axes.
        delays: how many states make a row.
        rank: how many directions are kept.
        ridge: added to the Gram matrix, whose diagonal is 1 over all steps.

    Raises:
        TypeError: if states are complex.
        ValueError: if there are no delays, or fewer than `delays + 1` steps, or directions than
            `rank`.

    Example: a point that turns by 0.3 radians a step.
        >>> angles = 0.3 * jnp.arange(50.0)
        >>> found = fit_dynamics(jnp.cos(angles)[:, None], delays=2, rank=2)
        >>> jnp.abs(jnp.angle(jnp.linalg.eigvals(found.a))).round(3).tolist()
        [0.30000001192092896, 0.30000001192092896]

    References:
        Ostrow, Eisen, Kozachkov & Fiete (2023), Beyond geometry: comparing the temporal structure
        of computation in neural circuits with dynamical similarity analysis, NeurIPS,
        arXiv:2306.10168.
    """
    steps, width = states.shape[0], states.shape[-1]
    left = steps - delays + 1
    if delays < 1:
        raise ValueError(f"delays must be 1 or more; got {delays}")
    if left < 2:
        raise ValueError(f"{steps} steps of states {states.shape} are too few for {delays} delays")
    flat = rows(states).reshape(steps, -1, width)
    late = [flat[delays - 1 - k : steps - k] for k in range(delays)]
    delayed = jnp.concatenate(late, axis=-1)
    if not 1 <= rank <= min(delayed.shape[-1], left * flat.shape[1]):
        raise ValueError(f"rank {rank} is not of {delays} delays of states {states.shape}")
    u, _, _ = jnp.linalg.svd(rows(delayed), full_matrices=False)
    v = u[:, :rank].reshape(left, -1, rank)
    before, after = (part.reshape(-1, rank) for part in (v[:-1], v[1:]))
    gram = product(before.T, before) + ridge * jnp.eye(rank, dtype=v.dtype)
    a = jnp.linalg.solve(gram, product(before.T, after)).T
    error = ((after - product(before, a.T)) ** 2).sum()
    return LinearDynamics(a, 1 - error / (after**2).sum())


def dynamics_distance(
    first: Array, second: Array, key: Key, *, tries: int = 8, steps: int = 500, rate: float = 0.05
) -> Array:
    """Returns the angle between two linear dynamics, the best over all turned frames, in radians.

    The least of `arccos(<A, C B C^T> / (|A| |B|))` over orthogonal C, of both determinants, by Adam
    on skew matrices from several random starts at once. The scale of a map does not count, nor does
    its mirror image: turning by an angle and by the opposite one are the same. A number that is too
    large is a minimum that was not found: take more tries.

    Args:
        first: A, `[N, N]`, such as `fit_dynamics(...).a`.
        second: B, `[N, N]`.
        key: of the starts.
        tries: starts of each determinant.
        steps: of Adam from each.
        rate: of Adam.

    Returns:
        From 0, the same up to a turn, to pi.

    Raises:
        ValueError: if they are not square matrices of one size.

    Example:
        >>> a = jnp.array([[0.5, 0.2], [0.0, 0.9]])
        >>> distance = dynamics_distance(a, a[::-1, ::-1], jax.random.key(0))
        >>> bool(distance < 1e-3)
        True

    References:
        Ostrow, Eisen, Kozachkov & Fiete (2023), Beyond geometry: comparing the temporal structure
        of computation in neural circuits with dynamical similarity analysis, NeurIPS,
        arXiv:2306.10168.
    """
    if first.ndim != 2 or not first.shape == second.shape == first.shape[::-1]:
        raise ValueError(f"dynamics must be [N, N] both; got {first.shape} and {second.shape}")
    first, second = (a / jnp.linalg.norm(a) for a in (first, second))
    size = len(first)
    one = jnp.eye(size, dtype=first.dtype)
    mirror = one.at[0, 0].set(-1)
    seconds = jnp.stack([second, product(product(mirror, second), mirror)])

    def gap(raw: Array, second: Array) -> Array:
        skew = raw - raw.T
        turn = jnp.linalg.solve(one + skew, one - skew)  # Cayley's map: orthogonal
        return ((first - product(product(turn, second), turn.T)) ** 2).sum()

    def search(raw: Array, second: Array) -> Array:
        return _minimum(lambda raw: gap(raw, second), raw, steps, rate)

    starts = jax.random.normal(key, (tries, 2, size, size), first.dtype)
    starts = starts.at[0].set(0)  # the frames as they are
    gaps = jax.jit(jax.vmap(jax.vmap(search, (0, None)), (1, 0)))(starts, seconds)
    # Of unit matrices: |A - B|^2 = 2 - 2 cos, and arccos is blind near 1.
    return 2 * jnp.arcsin(jnp.clip(jnp.sqrt(gaps.min()) / 2, 0, 1))


def _minimum(function: Callable[[Array], Array], start: Array, steps: int, rate: float) -> Array:
    """Returns the least value that Adam sees."""
    optimizer = optax.adam(optax.cosine_decay_schedule(rate, steps))

    def update(carry: tuple, _: None) -> tuple[tuple, Array]:
        x, state = carry
        value, gradient = jax.value_and_grad(function)(x)
        change, state = optimizer.update(gradient, state)
        return (x + change, state), value

    _, values = jax.lax.scan(update, (start, optimizer.init(start)), None, length=steps)
    return values.min()
