"""What state-space models share: discretisations, spectra at the start, and steps of time."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key

Discretisation = Callable[[Array, Array], tuple[Array, Array]]
Spectrum = Callable[[int], np.ndarray]


def zoh(a: Array, dt: Array) -> tuple[Array, Array]:
    """Returns decay and gain over `dt` of `dh/dt = a h + u`, with u held over the step.

        exp(dt a),  (exp(dt a) - 1) / a

    Example:
        >>> decay, gain = zoh(jnp.array(-1.0), jnp.array(0.5))
        >>> round(float(decay), 4), round(float(gain), 4)
        (0.6065, 0.3935)
    """
    is_zero = a == 0
    gain = jnp.expm1(dt * a) / jnp.where(is_zero, 1, a)
    return jnp.exp(dt * a), jnp.where(is_zero, dt, gain)


def bilinear(a: Array, dt: Array) -> tuple[Array, Array]:
    """Returns decay and gain over `dt` of `dh/dt = a h + u`, by the trapezoidal rule.

        (1 + dt a / 2) / (1 - dt a / 2),  dt / (1 - dt a / 2)

    Example:
        >>> bilinear(-1.0, 0.5)
        (0.6, 0.4)
    """
    below = 1 - 0.5 * dt * a
    return (1 + 0.5 * dt * a) / below, dt / below


def s4d_lin(n: int) -> np.ndarray:
    """Returns `-1/2 + i pi k` for k below n.

    Example:
        >>> s4d_lin(2).round(2)
        array([-0.5+0.j  , -0.5+3.14j])
    """
    return -0.5 + 1j * np.pi * np.arange(n)


def s4d_inv(n: int) -> np.ndarray:
    """Returns `-1/2 + i (N / pi) (N / (2 k + 1) - 1)` for k below n, with `N = 2 n`.

    Example:
        >>> s4d_inv(2).round(2)
        array([-0.5+3.82j, -0.5+0.42j])
    """
    return -0.5 + 1j * (2 * n / np.pi) * (2 * n / (2 * np.arange(n) + 1) - 1)


def s4d_legs(n: int) -> np.ndarray:
    """Returns the eigenvalues above the real line of HiPPO-LegS without its part of rank one.

    Example:
        >>> s4d_legs(1).round(4)
        array([-0.5+0.866j])
    """
    return hippo_normal(2 * n)[0].conj()[::-1]


def s4d_real(n: int) -> np.ndarray:
    """Returns `-(k + 1)` for k below n.

    Example:
        >>> s4d_real(3).real
        array([-1., -2., -3.])
    """
    return -(1.0 + np.arange(n)) + 0j


def hippo_normal(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns half of the spectrum of the normal part of HiPPO-LegS and its eigenvectors.

    Of the `size` eigenvalues, in conjugate pairs, those below the real line, `[size / 2]`, and the
    columns `[size, size / 2]` of the unitary matrix that belong to them.

    References:
        Gu et al. (2022), On the parameterization and initialization of diagonal state space models,
        NeurIPS, arXiv:2206.11893.

    Example:
        >>> eigenvalues, vectors = hippo_normal(4)
        >>> eigenvalues.round(4), vectors.shape
        (array([-0.5-4.6033j, -0.5-0.5565j]), (4, 2))
    """
    n = np.arange(size)
    root = np.sqrt(2 * n + 1)
    legs = -np.tril(np.outer(root, root), -1) - np.diag(n + 1.0)
    skew = legs + 0.5 * np.outer(root, root) + 0.5 * np.eye(size)
    phases, vectors = np.linalg.eigh(-1j * skew)
    half = size // 2
    return -0.5 + 1j * phases[:half], vectors[:, :half]


def log_uniform(key: Key, shape: tuple[int, ...], low: float, high: float) -> Array:
    """Draws logarithms evenly between those of `low` and `high`.

    Example:
        >>> bool((log_uniform(jax.random.key(0), (9,), 0.1, 1.0) <= 0).all())
        True
    """
    return jax.random.uniform(key, shape, minval=np.log(low), maxval=np.log(high))


def inverse_softplus(y: Array) -> Array:
    """Returns what softplus maps to `y`, above zero.

    Example:
        >>> round(float(jax.nn.softplus(inverse_softplus(jnp.array(0.25)))), 6)
        0.25
    """
    return y + jnp.log(-jnp.expm1(-y))


def complex_of(re: Array, im: Array) -> Array:
    """Returns complex numbers of parts in any precision, half in single.

    Example:
        >>> complex_of(jnp.array(1.0, jnp.bfloat16), jnp.array(2.0, jnp.bfloat16)).dtype
        dtype('complex64')
    """
    wide = single_or_wider(re.dtype)
    return jax.lax.complex(re.astype(wide), im.astype(wide))
