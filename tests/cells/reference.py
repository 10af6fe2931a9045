"""The small numbers on which the reference's results were found, two steps of two units.

`block(k)[i, j] = 0.8 sin(1 + 2 i + 3 j + 5 k)`, a vector is a block's first row.
"""

import jax.numpy as jnp
import numpy as np

XS = np.array([[1.0, -0.5], [0.25, 2.0]])
H = np.array([0.5, -0.25])


def block(k: int) -> np.ndarray:
    """Returns a matrix `[2, 2]`."""
    i, j = np.indices((2, 2))
    return 0.8 * np.sin(1 + 2 * i + 3 * j + 5 * k)


def wide(*ks: int) -> jnp.ndarray:
    """Returns blocks side by side, `[2, 2 * len(ks)]`."""
    return jnp.asarray(np.concatenate([block(k) for k in ks], axis=1))


def vector(*ks: int) -> jnp.ndarray:
    """Returns vectors one after the other, `[2 * len(ks)]`."""
    return jnp.asarray(np.concatenate([block(k)[0] for k in ks]))
