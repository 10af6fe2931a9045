"""Weight initializers that say where a square matrix has its eigenvalues."""

import jax
import jax.numpy as jnp

from rnnjax.cells.initializers import Initializer, Scaled
from rnnjax.typing import Array, Key, Static

_DOUBLINGS = 24


class SpectralRadius(Scaled):
    """Normal numbers, scaled until the largest eigenvalue has the size `radius`: an echo state.

    References:
        Jaeger (2001), The "echo state" approach to analysing and training recurrent neural
        networks, GMD Report 148.

    Example:
        >>> w = SpectralRadius(0.9)(jax.random.key(0), (4, 4))
        >>> round(float(abs(jnp.linalg.eigvals(w)).max()), 4)
        0.9
    """

    radius: float = 0.9

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a square matrix of `shape`.

        Raises:
            ValueError: if it is not square.
        """
        _check_square(self, shape)
        w = jax.random.normal(key, shape)
        return w * (self.radius / spectral_radius(w))


class Ring(Static):
    """Eigenvalues spread evenly over the ring between `r_min` and `r_max`, at random.

    They lie at phases of up to `max_phase` radians, each with its conjugate: the matrix is real, of
    blocks `[[re, im], [-im, re]]` along its diagonal. In an odd one the last eigenvalue is real.

    References:
        Orvieto et al. (2023), Resurrecting recurrent neural networks for long sequences, ICML,
        arXiv:2303.06349, section 3.2 and lemma 3.2.

    Example:
        >>> w = Ring(r_min=0.5, r_max=0.5)(jax.random.key(0), (2, 2))
        >>> bool(abs(w @ w.T - 0.25 * jnp.eye(2)).max() < 1e-6)
        True
    """

    r_min: float = 0.9
    r_max: float = 0.999
    max_phase: float = 6.28

    def __post_init__(self) -> None:
        """Refuses a ring that is none.

        Raises:
            ValueError: if not `0 <= r_min <= r_max` or not `0 < max_phase`.
        """
        if not (0 <= self.r_min <= self.r_max < float("inf") and 0 < self.max_phase < float("inf")):
            raise ValueError(f"{self}: needs 0 <= r_min <= r_max and 0 < max_phase")

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a square matrix of `shape`.

        Raises:
            ValueError: if it is not square.
        """
        _check_square(self, shape)
        size = shape[0]
        key_r, key_phase = jax.random.split(key)
        pairs = (size + 1) // 2
        square, phase = on_ring(key_r, key_phase, pairs, self.r_min, self.r_max, self.max_phase)
        re, im = jnp.sqrt(square) * jnp.cos(phase), jnp.sqrt(square) * jnp.sin(phase)
        diagonal = jnp.repeat(re, 2)[:size]
        if size % 2:
            diagonal = diagonal.at[-1].set(jnp.sqrt(square[-1]) * jnp.sign(re[-1]))
        above = jnp.stack([im, jnp.zeros_like(im)], axis=-1).reshape(-1)[: size - 1]
        return jnp.diag(diagonal) + jnp.diag(above, 1) - jnp.diag(above, -1)


def on_ring(
    key_r: Key, key_phase: Key, count: int, r_min: float, r_max: float, max_phase: float
) -> tuple[Array, Array]:
    """Draws complex numbers evenly over a ring: their squared sizes and phases, `[count]` each.

    The smallest phase is a thousandth of the largest, so that logarithms of phases are finite.

    Example:
        >>> square, phase = on_ring(*jax.random.split(jax.random.key(0)), 5, 0.9, 0.999, 6.28)
        >>> bool((square >= 0.81).all()), phase.shape
        (True, (5,))
    """
    square = jax.random.uniform(key_r, (count,), minval=r_min**2, maxval=r_max**2)
    phase = max_phase * jax.random.uniform(key_phase, (count,), minval=1e-3)
    return square, phase


def spectral_radius(w: Array) -> Array:
    """Returns the size of the largest eigenvalue of a matrix `[H, H]`.

    As the limit of `norm(w^k) ** (1 / k)`, at `k = 2 ** 24`: products alone, so that it runs where
    there is no solver for eigenvalues, as on TPUs, and under any transformation.

    References:
        Gelfand (1941), Normierte Ringe, Matematicheskii Sbornik 9.

    Example:
        >>> round(float(spectral_radius(jnp.array([[0.0, 2.0], [-2.0, 0.0]]))), 5)
        2.0
    """

    def double(carry: tuple[Array, Array], weight: Array) -> tuple[tuple[Array, Array], None]:
        power, log_radius = carry
        norm = jnp.linalg.norm(power)
        power = power / jnp.maximum(norm, jnp.finfo(norm.dtype).tiny)  # of a nilpotent one, zero
        power = jnp.matmul(power, power, precision=jax.lax.Precision.HIGHEST)
        return (power, log_radius + weight * jnp.log(norm)), None

    weights = jnp.asarray([0.5**i for i in range(_DOUBLINGS)], w.dtype)
    (_, log_radius), _ = jax.lax.scan(double, (w, jnp.zeros((), w.dtype)), weights)
    return jnp.exp(log_radius)


def _check_square(initializer: Initializer, shape: tuple[int, int]) -> None:
    if shape[0] != shape[1]:
        raise ValueError(f"{initializer} makes square matrices; got the shape {shape}")
