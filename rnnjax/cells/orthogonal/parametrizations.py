"""Parametrizations of orthogonal matrices as values: they print, compare and hash by their numbers.

Each has so many free numbers, `count(n)`, draws them by `init(key, n)`, and makes of them the
matrix `[n, n]`: `value(numbers, n)`. No path leads from a matrix of determinant 1 to one of -1, so
that each says which it reaches.
"""

import abc

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells.orthogonal import maps
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key, Static


class Parametrization(Static, abc.ABC):
    """Free numbers for an orthogonal matrix."""

    @abc.abstractmethod
    def count(self, n: int) -> int:
        """Returns how many numbers a matrix `[n, n]` has."""

    @abc.abstractmethod
    def init(self, key: Key, n: int) -> Array:
        """Draws them."""

    @abc.abstractmethod
    def __call__(self, numbers: Array, n: int) -> Array:
        """Returns the matrix, of single precision at least."""


class Exponential(Parametrization):
    """`exp(A)` of a skew-symmetric `A`: all rotations, determinant 1.

    It starts with rotations in the planes (0, 1), (2, 3), ... by angles between -pi and pi.

    References:
        Lezcano-Casado & Martínez-Rubio (2019), Cheap orthogonal constraints in neural networks,
        ICML, arXiv:1901.08428.
        Henaff, Szlam & LeCun (2016), Recurrent orthogonal networks and long-memory tasks, ICML,
        arXiv:1602.06662, for the start.

    Example:
        >>> Exponential().count(4)
        6
    """

    def count(self, n: int) -> int:
        """Returns `n (n - 1) / 2`."""
        return n * (n - 1) // 2

    def init(self, key: Key, n: int) -> Array:
        """Draws angles, one for each pair of units."""
        angles = jax.random.uniform(key, (n // 2,), minval=-jnp.pi, maxval=jnp.pi)
        return _planes(angles, n)

    def __call__(self, numbers: Array, n: int) -> Array:
        """Returns `exp(skew(numbers))`."""
        return maps.exponential(maps.skew(_wide(numbers), n))


class Cayley(Parametrization):
    """`(I + A)^{-1} (I - A) D` of a skew-symmetric `A`; determinant 1, or -1 if `negative` is odd.

    `D` is diagonal, its last `negative` entries -1 and the others 1; None is half of all. Nearly
    all orthogonal matrices of that determinant can be reached, and those with `Q D` of an
    eigenvalue -1 come nearer for ever. It starts with rotations by angles between 0 and pi / 2.

    References:
        Helfrich, Willmott & Ye (2018), Orthogonal recurrent neural networks with scaled Cayley
        transform, ICML, arXiv:1707.09520.

    Example:
        >>> Q = Cayley(negative=1)(jnp.zeros(1), 2)
        >>> Q.diagonal().tolist()
        [1.0, -1.0]
    """

    negative: int | None = 0

    def __post_init__(self) -> None:
        """Refuses what is no count.

        Raises:
            ValueError: if `negative` is no whole number of 0 or more.
        """
        if self.negative is not None and not (type(self.negative) is int and self.negative >= 0):
            raise ValueError(f"{self}: negative must be a whole number of 0 or more, or None")

    def count(self, n: int) -> int:
        """Returns `n (n - 1) / 2`.

        Raises:
            ValueError: if there are fewer units than negative entries.
        """
        if self.negative is not None and self.negative > n:
            raise ValueError(f"{self}: negative must be at most the {n} units")
        return n * (n - 1) // 2

    def init(self, key: Key, n: int) -> Array:
        """Draws angles, one for each pair of units."""
        return _planes(-jnp.tan(jax.random.uniform(key, (n // 2,), maxval=jnp.pi / 2) / 2), n)

    def __call__(self, numbers: Array, n: int) -> Array:
        """Returns the scaled Cayley transform."""
        negative = n // 2 if self.negative is None else self.negative
        W = maps.cayley(maps.skew(_wide(numbers), n))
        return jnp.concatenate([W[:, : n - negative], -W[:, n - negative :]], axis=1)


class Householder(Parametrization):
    """A product of `reflections`, each of one unit less; None is as many as there are units.

    The determinant is 1 if they are even in number, else -1. With n - 1 reflections of n units all
    matrices of that determinant are reached. The n-th is of one unit alone, whose sign it turns.

    References:
        Mhammedi, Hellicar, Rahman & Bailey (2017), Efficient orthogonal parametrisation of
        recurrent neural networks using Householder reflections, ICML, arXiv:1612.00188.

    Example:
        >>> Householder(2).count(4)
        7
    """

    reflections: int | None = None

    def __post_init__(self) -> None:
        """Refuses what is no count.

        Raises:
            ValueError: if `reflections` is no whole number of 1 or more.
        """
        made = self.reflections
        if made is not None and not (type(made) is int and made >= 1):
            raise ValueError(f"{self}: reflections must be a whole number of 1 or more, or None")

    def number(self, n: int) -> int:
        """Returns how many reflections there are of n units.

        Raises:
            ValueError: if there are more than units.
        """
        made = n if self.reflections is None else self.reflections
        if made > n:
            raise ValueError(f"{self}: reflections must be at most the {n} units")
        return made

    def count(self, n: int) -> int:
        """Returns `m (2 n - m + 1) / 2` of m reflections."""
        m = self.number(n)
        return m * (2 * n - m + 1) // 2

    def init(self, key: Key, n: int) -> Array:
        """Draws normal vectors: directions alone matter."""
        return jax.random.normal(key, (self.count(n),))

    def __call__(self, numbers: Array, n: int) -> Array:
        """Returns `H_1 H_2 ... H_m`."""
        return maps.reflections(maps.staircase(_wide(numbers), self.number(n), n))


class Mesh(Parametrization):
    """Layers of rotations of pairs of units, determinant 1; the angles are drawn from a circle."""

    @abc.abstractmethod
    def pairs(self, n: int) -> maps.Pairs:
        """Returns the pairs of n units."""

    def count(self, n: int) -> int:
        """Returns the number of pairs."""
        return len(self.pairs(n).layer)

    def init(self, key: Key, n: int) -> Array:
        """Draws angles between -pi and pi."""
        return jax.random.uniform(key, (self.count(n),), minval=-jnp.pi, maxval=jnp.pi)

    def __call__(self, numbers: Array, n: int) -> Array:
        """Returns the product of the layers."""
        return maps.rotations(_wide(numbers), None, self.pairs(n), n)


class BrickWall(Mesh):
    """Layers of rotations of neighbours; with as many as units, which None is, all rotations.

    References:
        Jing et al. (2017), Tunable efficient unitary neural networks (EUNN) and their application
        to RNNs, ICML, arXiv:1612.05231.

    Example:
        >>> BrickWall().count(4), BrickWall(2).count(4)
        (6, 3)
    """

    layers: int | None = None

    def __post_init__(self) -> None:
        """Refuses what is no count.

        Raises:
            ValueError: if `layers` is no whole number of 1 or more.
        """
        if self.layers is not None and not (type(self.layers) is int and self.layers >= 1):
            raise ValueError(f"{self}: layers must be a whole number of 1 or more, or None")

    def pairs(self, n: int) -> maps.Pairs:
        """Returns neighbours."""
        return maps.brick_wall(n, n if self.layers is None else self.layers)


class Butterfly(Mesh):
    """Layers of rotations as in a fast Fourier transform: `log2(n)` of n units, a power of two.

    References:
        Jing et al. (2017), Tunable efficient unitary neural networks (EUNN) and their application
        to RNNs, ICML, arXiv:1612.05231.

    Example:
        >>> Butterfly().count(8)
        12
    """

    def pairs(self, n: int) -> maps.Pairs:
        """Returns the pairs of n units.

        Raises:
            ValueError: if n is no power of two.
        """
        if n & (n - 1):
            raise ValueError(f"{self}: the {n} units must be a power of two")
        return maps.butterfly(n)


def _planes(angles: Array, n: int) -> Array:
    """Returns a triangle with numbers for the planes (0, 1), (2, 3), ... and zeros elsewhere."""
    rows, columns = np.triu_indices(n, 1)
    at = np.flatnonzero((rows % 2 == 0) & (columns == rows + 1))
    return jnp.zeros(len(rows)).at[at].set(angles)


def _wide(x: Array) -> Array:
    return x.astype(single_or_wider(x.dtype))
