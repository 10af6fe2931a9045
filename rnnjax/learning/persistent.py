"""Persistent evolution strategies: windows of a long sequence, with no bias of truncation."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.learning.evolution import along, check_sigma, moved, pairs_of
from rnnjax.numbers import numbers_of, with_numbers
from rnnjax.typing import Array, Params


class Particles(NamedTuple):
    """M pairs that each live through a sequence with parameters of their own.

    Example:
        >>> Particles.begin(jnp.zeros(3), {"w": jnp.ones(4)}, pairs=5).state.shape
        (10, 3)
    """

    state: Any  # [2 M, *]
    moves: list[Array]  # [2 M, *leaf], the sum of a particle's moves since its sequence began

    @classmethod
    def begin(cls, state: Any, params: Params, pairs: int) -> "Particles":
        """Returns particles at the beginning of a sequence, all in one state."""
        count = 2 * pairs
        state = jax.tree.map(lambda x: jnp.broadcast_to(x, (count, *jnp.shape(x))), state)
        return cls(state, [jnp.zeros((count, *x.shape), x.dtype) for x in numbers_of(params)])


def persistent_gradient(
    window: Callable[[Params, Any], tuple[Any, Array]],
    params: Params,
    particles: Particles,
    z: list[Array],
    sigma: float,
) -> tuple[Params, Particles]:
    """Runs the particles over a window, and returns the gradient of its loss.

        xi_i' = xi_i + e_i,  e = (sigma z, -sigma z)
        s_i', L_i = window(theta + e_i, s_i)
        g = 1 / (2 M sigma^2) sum_i L_i xi_i'

    Each particle keeps its state and the sum `xi` of how it was moved, so that a loss is also
    credited to the moves of windows before. Summed over the windows of a sequence it is on average
    the gradient of the loss with parameters moved anew for each window; that of backpropagation
    where the losses are quadratic. Where a sequence ends, begin with new `Particles`.

    Args:
        window: maps parameters and a state to the state after some steps, and their loss.
        params: where the gradient is taken.
        particles: of M pairs.
        z: directions of M pairs, see `directions`; fresh ones for each window.
        sigma: how far parameters are moved.

    Returns:
        The gradient, and the particles after the window.

    Raises:
        ValueError: if `sigma` is not above 0, or there are not as many pairs as directions.

    Example:
        >>> def window(w, s):
        ...     return s + w, (s + w) ** 2 / 2
        >>> particles = Particles.begin(jnp.array(1.0), jnp.array(2.0), pairs=1)
        >>> gradient, particles = persistent_gradient(
        ...     window, jnp.array(2.0), particles, [jnp.ones(1)], sigma=0.5
        ... )
        >>> float(gradient), particles.state.tolist()
        (3.0, [3.5, 2.5])

    References:
        Vicol, Metz & Sohl-Dickstein (2021), Unbiased gradient estimation in unrolled computation
        graphs with persistent evolution strategies, ICML, arXiv:2112.13835.
    """
    check_sigma(sigma)
    counts = {len(x) for x in z} | {len(x) // 2 for x in jax.tree.leaves(particles)}
    if len(counts) > 1:
        raise ValueError(f"as many pairs of particles as directions; got {sorted(counts)}")
    steps = pairs_of(z, sigma)
    moves = [x + d.astype(x.dtype) for x, d in zip(particles.moves, steps, strict=True)]

    def one(step: list[Array], state: Any) -> tuple[Any, Array]:
        return window(moved(params, step), state)

    state, losses = jax.vmap(one)(steps, particles.state)
    gradient = along(moves, losses / sigma**2)
    return with_numbers(params, gradient, jnp.zeros_like), Particles(state, moves)
