"""Decompositions of few vectors, of many sequences at once.

They are written out, and do not call LAPACK: on a CPU batches of such calls within a compiled loop
can wait for each other without end, jaxlib 0.10 with two threads and a thousand matrices of 5 x 5.
"""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.typing import Array

_SWEEPS = 8  # the angles left fall with their square, so that this is more than enough
_HIGHEST = jax.lax.Precision.HIGHEST


def gram_schmidt(rows: Array) -> tuple[Array, Array]:
    """Returns `r [M, M]` and `q [M, F]` of `rows = r q`, rows of q orthonormal, or zero.

    Example:
        >>> r, q = gram_schmidt(jnp.array([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]]))
        >>> r.tolist()
        [[5.0, 0.0], [10.0, 0.0]]
    """
    small = 8 * jnp.finfo(rows.dtype).eps

    def one(i: Array, made: tuple[Array, Array]) -> tuple[Array, Array]:
        r, q = made
        v, along = rows[i], jnp.zeros(len(rows), rows.dtype)
        for _ in range(2):  # the second time takes what rounding left of the first
            more = jnp.matmul(q, v, precision=_HIGHEST)
            v, along = v - jnp.matmul(more, q, precision=_HIGHEST), along + more
        size = _norm(v)
        size = jnp.where(size > small * _norm(rows[i]), size, 0)
        unit = jnp.where(size > 0, v / jnp.where(size > 0, size, 1), 0)
        return r.at[i].set(along.at[i].set(size)), q.at[i].set(unit)

    start = jnp.zeros((len(rows), len(rows)), rows.dtype), jnp.zeros_like(rows)
    return jax.lax.fori_loop(0, len(rows), one, start)


def svd(matrix: Array) -> tuple[Array, Array, Array]:
    """Returns `left, d, right` of `matrix [M, M] = left diag(d) right^T`, d falling.

    By Jacobi's rotations of pairs of columns, disjoint pairs at once. Columns of `left` are zero
    where d is.

    Example:
        >>> left, d, right = svd(jnp.array([[0.0, 2.0], [3.0, 0.0]]))
        >>> d.tolist()
        [3.0, 2.0]
    """
    count = len(matrix)
    size = count + count % 2
    rounds = jnp.array(_rounds(size))
    columns = jnp.pad(matrix, ((0, 0), (0, size - count))), jnp.eye(size, dtype=matrix.dtype)

    def rotate(i: Array, both: tuple[Array, Array]) -> tuple[Array, Array]:
        p, q = rounds[i % len(rounds)]
        a, b = both[0][:, p], both[0][:, q]
        apart = jnp.sum(a * a, 0) - jnp.sum(b * b, 0)
        # Of the two angles the one of at most an eighth of a turn: with the other it may not end.
        both_ways = jnp.where(apart < 0, -2, 2) * jnp.sum(a * b, 0)
        angle = jnp.arctan2(both_ways, jnp.abs(apart)) / 2
        c, s = jnp.cos(angle)[None], jnp.sin(angle)[None]

        def turned(x: Array) -> Array:
            a, b = x[:, p], x[:, q]
            return x.at[:, p].set(c * a + s * b).at[:, q].set(c * b - s * a)

        return turned(both[0]), turned(both[1])

    columns, right = jax.lax.fori_loop(0, _SWEEPS * len(rounds), rotate, columns)
    d = jnp.sqrt(jnp.sum(columns**2, axis=0))
    order = jnp.argsort(-d)[:count]
    columns, d, right = columns[:, order], d[order], right[:count, order]
    return jnp.where(d > 0, columns / jnp.where(d > 0, d, 1)[None], 0), d, right


def _norm(v: Array) -> Array:
    return jnp.sqrt(jnp.sum(v**2))


def _rounds(size: int) -> np.ndarray:
    """Returns rounds of disjoint pairs, all pairs once, `[size - 1, 2, size / 2]`: a tournament."""
    others, made = list(range(1, size)), []
    for _ in range(size - 1):
        table = [0, *others]
        made.append([table[: size // 2], table[: size // 2 - 1 : -1]])
        others = [others[-1], *others[:-1]]
    return np.array(made)
