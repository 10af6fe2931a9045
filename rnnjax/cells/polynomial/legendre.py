"""Legendre polynomials on [0, 1], and the linear systems whose states are their coefficients."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.typing import Array


def delay(order: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns `a [N, N]` and `b [N]` of `dm/dt = a m + b u`, which remembers the last `theta`.

    `u(t - r theta)` is about the sum of `m_i P_i(2 r - 1)`, `r` from 0 to 1.

    References:
        Voelker, Kajić & Eliasmith (2019), Legendre memory units: continuous-time representation in
        recurrent neural networks, NeurIPS.

    Example:
        >>> a, b = delay(2, theta=4.0)
        >>> a.tolist(), b.tolist()
        ([[-0.25, -0.25], [0.75, -0.75]], [0.25, -0.75])
    """
    i, j = np.indices((order, order))
    sign = np.where(i < j, -1.0, (-1.0) ** (i - j + 1))
    n = np.arange(order)
    return (2 * i + 1) * sign / theta, (2 * n + 1) * (-1.0) ** n / theta


@functools.lru_cache(maxsize=64)
def held(order: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the `delay` over one unit of time in which the input is held: `m -> a m + b u`.

    Example:
        >>> a, b = held(2, 4.0)
        >>> b.round(4).tolist()
        [0.2825, -0.4455]
    """
    a, b = delay(order, theta)
    system = np.zeros((order + 1, order + 1))
    system[:order, :order], system[:order, order] = a, b
    after = _exponential(system)
    return after[:order, :order], after[:order, order]


def _exponential(a: np.ndarray) -> np.ndarray:
    """Returns the exponential of a matrix, by its series after halvings."""
    halvings = max(0, int(np.ceil(np.log2(max(np.linalg.norm(a, 1), 1e-9)))) + 1)
    a = a / 2.0**halvings  # of norm 1/2 at most, so that term 18 is below 1e-21
    term = total = np.eye(len(a))
    for n in range(1, 18):
        term = term @ a / n
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total


@functools.lru_cache(maxsize=64)
def nodes(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the places and weights, `[N]` each, of a mean over [0, 1] by Gauss's rule.

    Example:
        >>> places, weights = nodes(2)
        >>> round(float(places**3 @ weights), 6)
        0.25
    """
    places, weights = np.polynomial.legendre.leggauss(order)
    return (places + 1) / 2, weights / 2


def basis(order: int, places: Array) -> Array:
    """Returns the polynomials at places `[...]`, `[N, ...]`, of mean square 1 over [0, 1].

    Example:
        >>> basis(2, jnp.array([0.5, 1.0]))[0].tolist()
        [1.0, 1.0]
    """
    x = 2 * places - 1
    ones = jnp.ones_like(x)

    def next_one(pair: tuple[Array, Array], n: Array) -> tuple[tuple[Array, Array], Array]:
        before, now = pair
        return (now, ((2 * n + 1) * x * now - n * before) / (n + 1)), now

    _, found = jax.lax.scan(next_one, (ones, ones), jnp.arange(order, dtype=x.dtype))
    size = jnp.sqrt(2 * jnp.arange(order, dtype=x.dtype) + 1)
    return found * size.reshape(order, *(1 for _ in x.shape))
