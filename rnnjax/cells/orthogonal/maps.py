"""Orthogonal and unitary matrices as functions of numbers that are free.

Matrices act on rows, `h Q`. Every function is of one matrix, in its arguments' dtype, single
precision at least; its products are never of less.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.axes import mesh_axes, varying
from rnnjax.typing import Array

_SQUARINGS = 24
_PADE = (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0)

_product = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


class Pairs(NamedTuple):
    """Which units meet in layers of rotations, `[P]` each; no unit twice in a layer."""

    layer: np.ndarray
    first: np.ndarray
    second: np.ndarray


def skew(a: Array, n: int) -> Array:
    """Returns the skew-symmetric matrix whose upper triangle is `a [n (n - 1) / 2]`, row by row.

    Example:
        >>> skew(jnp.array([1.0, 2.0, 3.0]), 3).tolist()
        [[0.0, 1.0, 2.0], [-1.0, 0.0, 3.0], [-2.0, -3.0, 0.0]]
    """
    upper = jnp.zeros((n, n), a.dtype).at[np.triu_indices(n, 1)].set(a)
    return upper - upper.T


def skew_hermitian(a: Array, s: Array, n: int) -> Array:
    """Returns the skew-Hermitian matrix of the triangle `a` and of `s [n (n + 1) / 2]`.

    Its real part is `skew(a, n)`, its imaginary part symmetric with the upper triangle `s`, the
    diagonal included.

    Example:
        >>> A = skew_hermitian(jnp.array([1.0]), jnp.array([2.0, 3.0, 4.0]), 2)
        >>> bool((A == -A.conj().T).all())
        True
    """
    rows, columns = np.triu_indices(n)
    symmetric = jnp.zeros((n, n), s.dtype).at[rows, columns].set(s).at[columns, rows].set(s)
    return jax.lax.complex(skew(a, n), symmetric)


def exponential(A: Array) -> Array:
    """Returns `exp(A)`: of skew matrices all rotations, of skew-Hermitian ones all unitary ones.

    The Padé approximant of degree 7 of A halved up to 24 times, squared as often. For matrices of
    these kinds alone: what squaring rounds off, a last step of Newton and Schulz takes back to the
    nearest unitary matrix, for it would grow over thousands of steps.

    References:
        Higham (2005), The scaling and squaring method for the matrix exponential revisited, SIAM
        Journal on Matrix Analysis and Applications 26.

    Example:
        >>> Q = exponential(skew(jnp.array([jnp.pi / 2]), 2))
        >>> bool(abs(Q - jnp.array([[0.0, 1.0], [-1.0, 0.0]])).max() < 1e-6)
        True
    """
    norm = jnp.abs(jax.lax.stop_gradient(A)).sum(0).max()
    halvings = jnp.clip(jnp.ceil(jnp.log2(norm)), 0, _SQUARINGS)
    A = A * jnp.exp2(-halvings).astype(A.dtype)
    identity = jnp.eye(A.shape[-1], dtype=A.dtype)
    b = _PADE
    A2 = _product(A, A)
    A4 = _product(A2, A2)
    A6 = _product(A4, A2)
    odd = _product(A, b[7] * A6 + b[5] * A4 + b[3] * A2 + b[1] * identity)
    even = b[6] * A6 + b[4] * A4 + b[2] * A2 + b[0] * identity

    def square(Q: Array, i: Array) -> tuple[Array, None]:
        return jnp.where(i < halvings, _product(Q, Q), Q), None

    Q = jnp.linalg.solve(even - odd, even + odd)
    Q = jax.lax.scan(square, Q, jnp.arange(_SQUARINGS, dtype=halvings.dtype))[0]
    return _product(Q, 1.5 * identity - 0.5 * _product(Q.conj().T, Q))


def cayley(A: Array) -> Array:
    """Returns `(I + A)^{-1} (I - A)`: all orthogonal matrices without the eigenvalue -1.

    Example:
        >>> Q = cayley(skew(jnp.array([1.0]), 2))  # by -2 atan(1)
        >>> jnp.round(Q, 5).tolist()
        [[0.0, -1.0], [1.0, 0.0]]
    """
    identity = jnp.eye(A.shape[-1], dtype=A.dtype)
    return jnp.linalg.solve(identity + A, identity - A)


def staircase(v: Array, count: int, n: int) -> Array:
    """Returns the matrix `[count, n]` whose rows, each one zero longer than the last, are `v`.

    Example:
        >>> staircase(jnp.array([1.0, 2.0, 3.0, 4.0, 5.0]), 2, 3).tolist()
        [[1.0, 2.0, 3.0], [0.0, 4.0, 5.0]]
    """
    return jnp.zeros((count, n), v.dtype).at[np.triu_indices(count, 0, n)].set(v)


def reflections(V: Array) -> Array:
    """Returns `H_1 H_2 ... H_m`, `H_i = I - 2 v_i^T v_i / |v_i|^2` of the rows of `V [m, n]`.

    In compact form, two products and a triangular solve: `I - V^T T^{-1} V` with unit rows and
    `T = triu(V V^T, 1) + I / 2`. A row of zeros reflects nothing.

    References:
        Joffrain, Low, Quintana-Ortí, van de Geijn & Van Zee (2006), Accumulating Householder
        transformations, revisited, ACM Transactions on Mathematical Software 32.

    Example:
        >>> reflections(jnp.array([[1.0, 0.0], [0.0, 2.0]])).tolist()
        [[-1.0, 0.0], [0.0, -1.0]]
    """
    square = jnp.sum(V * V, axis=-1, keepdims=True)
    V = V * jnp.broadcast_to(jax.lax.rsqrt(jnp.where(square > 0, square, 1)), V.shape)
    T = jnp.triu(_product(V, V.T), 1) + 0.5 * jnp.eye(len(V), dtype=V.dtype)
    within = jax.scipy.linalg.solve_triangular(T, V)
    return jnp.eye(V.shape[-1], dtype=V.dtype) - _product(V.T, within)


def reflected(h: Array, v: Array) -> Array:
    """Returns rows `h [..., n]` reflected by one vector `[n]`, real or complex.

    `h (I - 2 v v^H / |v|^2)`; a vector of zeros reflects nothing.

    Example:
        >>> reflected(jnp.array([3.0, 4.0]), jnp.array([1.0, 0.0])).tolist()
        [-3.0, 4.0]
    """
    square = jnp.sum(jnp.real(v * v.conj()))
    scale = (2 / jnp.where(square > 0, square, 1)).astype(h.dtype)
    return h - scale * _product(h, v)[..., None] * jnp.broadcast_to(v.conj(), h.shape)


def rotations(theta: Array, phi: Array | None, pairs: Pairs, n: int) -> Array:
    """Returns a product of layers of Givens rotations `[n, n]`, unitary if there are phases.

    In a layer a pair becomes

        [h_i, h_j] [[cos theta, sin theta], [-e^{i phi} sin theta, e^{i phi} cos theta]]

    with `theta` and `phi [P]` in the order of `pairs`; without `phi` they are real.

    Example:
        >>> Q = rotations(jnp.array([jnp.pi / 2]), None, brick_wall(2, 1), 2)
        >>> jnp.round(Q, 5).tolist()
        [[-0.0, 1.0], [-1.0, -0.0]]
    """
    layer, first, second = pairs
    layers = int(layer.max(initial=0)) + 1
    cos, sin = jnp.cos(theta), jnp.sin(theta)
    cos_i, sin_j = cos, -sin
    if phi is not None:
        phase = jax.lax.complex(jnp.cos(phi), jnp.sin(phi))
        cos_i, sin, sin_j = (x.astype(phase.dtype) for x in (cos, sin, sin_j))
        cos, sin_j = phase * cos_i, phase * sin_j
    own = jnp.ones((layers, n), cos.dtype).at[layer, first].set(cos_i).at[layer, second].set(cos)
    other = jnp.zeros((layers, n), cos.dtype)
    other = other.at[layer, first].set(sin).at[layer, second].set(sin_j)
    partner = np.tile(np.arange(n), (layers, 1))
    partner[layer, first], partner[layer, second] = second, first

    def turn(h: Array, one: tuple[Array, Array, Array]) -> tuple[Array, None]:
        own, other, partner = one
        own, other = (jnp.broadcast_to(x, h.shape) for x in (own, other))
        return h * own + (h * other)[:, partner], None

    start = varying(jnp.eye(n, dtype=cos.dtype), mesh_axes(own))
    return jax.lax.scan(turn, start, (own, other, jnp.asarray(partner)))[0]


def brick_wall(n: int, layers: int) -> Pairs:
    """Returns neighbours, in turn (0, 1), (2, 3), ... and (1, 2), (3, 4), ....

    n layers reach all rotations, with phases and a diagonal of phases all unitary matrices.

    Example:
        >>> brick_wall(4, 2).first.tolist(), brick_wall(4, 2).second.tolist()
        ([0, 2, 1], [1, 3, 2])
    """
    firsts = [np.arange(k % 2, n - 1, 2) for k in range(layers)]
    return _pairs(firsts, [1] * layers)


def butterfly(n: int) -> Pairs:
    """Returns the pairs of a fast Fourier transform of n units, a power of two, by first units.

    Example:
        >>> butterfly(4).first.tolist(), butterfly(4).second.tolist()
        ([0, 1, 0, 2], [2, 3, 1, 3])
    """
    halves = [n >> (k + 1) for k in range(n.bit_length() - 1)]
    return _pairs([np.flatnonzero(~np.arange(n) & half) for half in halves], halves)


def _pairs(firsts: list[np.ndarray], gaps: list[int]) -> Pairs:
    """Returns pairs of so many layers from their first units, and how far the second ones are."""
    sizes = np.array([len(first) for first in firsts], int)
    first = np.concatenate([np.zeros(0, int), *firsts])
    second = first + np.repeat(np.array(gaps, int), sizes)
    return Pairs(np.repeat(np.arange(len(sizes)), sizes), first, second)
