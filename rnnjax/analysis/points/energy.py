"""How far from rest a state is: `q(h) = |F(h) - h|^2 / 2`, and its descent."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.typing import Array

_B1, _B2, _EPS = 0.9, 0.999, 1e-5  # of Adam; the last as computation-thru-dynamics has it


def kinetic_energy(step: Callable[[Array], Array], points: Array) -> Array:
    """Returns `q = |F(h) - h|^2 / 2` of states, 0 at fixed points.

    Args:
        step: `F`, maps `[..., N]` to `[..., N]`.
        points: states, `[..., N]`.

    Returns:
        `q`, `[...]`, in squares of what a state is measured in, per step.

    References:
        Sussillo & Barak (2013), Opening the black box: low-dimensional dynamics in high-dimensional
        recurrent neural networks, Neural Computation 25, eq. 2.3.

    Example:
        >>> q = kinetic_energy(lambda h: h + 0.1 + h**2, jnp.zeros((1, 1)))
        >>> round(float(q[0]), 6)
        0.005
    """
    return jnp.sum(jnp.square(step(points) - points), -1) / 2


class _Descent(NamedTuple):
    """What Adam carries, of all starts at once."""

    h: Array  # [S, N]
    mean: Array  # of the gradient, [S, N]
    square: Array  # [S, N]
    q: Array  # [S]
    moves: Array  # boolean [S]
    made: Array  # updates


def descend(
    step: Callable[[Array], Array],
    starts: Array,
    *,
    updates: int | Array = 1000,
    learning_rate: float | Array = 0.1,
    decay: float | Array = 0.996,
    tolerance: float | Array = 1e-12,
) -> Array:
    """Lowers the kinetic energy of states by Adam, each by itself, in one loop.

    A start is left where it is when its `q` is below `tolerance`, or does no longer change to a
    digit. It can be jitted, with numbers that are traced.

    Args:
        step: `F`, maps `[S, N]` to `[S, N]`, each vector by itself.
        starts: states, `[S, N]`.
        updates: the most that are made.
        learning_rate: of the first update, in units of the state.
        decay: what each update multiplies it by.
        tolerance: of `q`.

    Returns:
        States, `[S, N]`.

    References:
        Sussillo & Barak (2013), Opening the black box, Neural Computation 25.
        Golub & Sussillo (2018), FixedPointFinder, Journal of Open Source Software 3 (starts at
        once, that do not interact).
        Kingma & Ba (2015), Adam, arXiv:1412.6980.

    Example:
        >>> h = descend(lambda h: jnp.tanh(2 * h), jnp.array([[0.5], [-2.0]]))
        >>> [round(float(x), 2) for x in h[:, 0]]
        [0.96, -0.96]
    """

    def energy(h: Array) -> tuple[Array, Array]:
        q = kinetic_energy(step, h)
        return jnp.sum(q), q

    def update(at: _Descent) -> _Descent:
        (_, q), slope = jax.value_and_grad(energy, has_aux=True)(at.h)
        moves = at.moves & (q > tolerance) & (jnp.abs(q - at.q) > 1e-7 * q)
        mean = _B1 * at.mean + (1 - _B1) * slope
        square = _B2 * at.square + (1 - _B2) * slope**2
        rate = jnp.asarray(learning_rate * decay**at.made, at.h.dtype)
        k = at.made + 1.0
        unit = (mean / (1 - _B1**k)) / (jnp.sqrt(square / (1 - _B2**k)) + _EPS)
        h = jnp.where(moves[:, None], at.h - rate * unit.astype(at.h.dtype), at.h)
        return _Descent(h, mean, square, q, moves, at.made + 1)

    def goes_on(at: _Descent) -> Array:
        return jnp.any(at.moves) & (at.made < updates)

    zeros, count = jnp.zeros_like(starts), jnp.zeros((), jnp.int32)
    infinite = jnp.full(starts.shape[:1], jnp.inf, starts.dtype)
    begin = _Descent(starts, zeros, zeros, infinite, infinite > 0, count)
    return jax.lax.while_loop(goes_on, update, begin).h
