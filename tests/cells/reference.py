"""The small numbers on which the reference's results were found, two steps of two units.

There are two sets. In the first `block(k)[i, j] = 0.8 sin(1 + 2 i + 3 j + 5 k)`, a vector is a
block's first row, inputs are `XS` and the state before is `H`; in the second `sines(rows, columns,
k)[i, j] = 0.5 sin(k + 3 i + 2 j)`, inputs are `SINE_XS` and the state before is zero.
"""

import jax.numpy as jnp
import numpy as np

XS = np.array([[1.0, -0.5], [0.25, 2.0]])
H = np.array([0.5, -0.25])
SINE_XS = np.array([[0.5, -1.0], [1.5, 0.25]])


def block(k: int, rows: int = 2, columns: int = 2) -> np.ndarray:
    """Returns a matrix `[rows, columns]`."""
    i, j = np.indices((rows, columns))
    return 0.8 * np.sin(1 + 2 * i + 3 * j + 5 * k)


def wide(*ks: int) -> jnp.ndarray:
    """Returns blocks side by side, `[2, 2 * len(ks)]`."""
    return jnp.asarray(np.concatenate([block(k) for k in ks], axis=1))


def vector(*ks: int) -> jnp.ndarray:
    """Returns vectors one after the other, `[2 * len(ks)]`."""
    return jnp.asarray(np.concatenate([block(k)[0] for k in ks]))


def sines(rows: int, columns: int, k: int) -> jnp.ndarray:
    """Returns a matrix `[rows, columns]` of the second set."""
    i, j = np.indices((rows, columns))
    return jnp.asarray(0.5 * np.sin(k + 3 * i + 2 * j))


def sine_vector(size: int, k: int) -> jnp.ndarray:
    """Returns a vector `[size]` of the second set."""
    return sines(1, size, k)[0]
