"""The activation that shortens what it is given and keeps its direction."""

import jax.numpy as jnp

from rnnjax.typing import Array


def mod_relu(z: Array, b: Array) -> Array:
    """Returns `sign(z) relu(|z| + b)`, elementwise; with `b = 0` the identity.

    Its slope is 1 where `|z| + b` is not negative, at `z = 0` too. With `b > 0` it jumps there.

    References:
        Arjovsky, Shah & Bengio (2016), Unitary evolution recurrent neural networks, ICML,
        arXiv:1511.06464, eq. 8, there of complex numbers.
        Helfrich, Willmott & Ye (2018), Orthogonal recurrent neural networks with scaled Cayley
        transform, ICML, arXiv:1707.09520, section 4.

    Example:
        >>> mod_relu(jnp.array([-2.0, 0.25, 3.0]), jnp.full(3, -0.5)).tolist()
        [-1.5, 0.0, 2.5]
    """
    return jnp.where(jnp.abs(z) + b >= 0, z + b * jnp.sign(z), 0)


def complex_mod_relu(re: Array, im: Array, b: Array) -> tuple[Array, Array]:
    """Returns `z / |z| relu(|z| + b)` of `z = re + i im`; with `b = 0` the identity.

    No slope is infinite or NaN at `z = 0`, where it is 1 if `b` is not negative.

    Example:
        >>> re, im = complex_mod_relu(jnp.array(3.0), jnp.array(4.0), jnp.array(-2.5))
        >>> float(re), float(im)
        (1.5, 2.0)
    """
    square = re * re + im * im
    # Below this 1 / |z|^2, which is in the slopes, is near the largest number there is.
    is_zero = square < 1e8 * float(jnp.finfo(square.dtype).tiny)
    size = jnp.sqrt(jnp.where(is_zero, 1, square))
    scale = jnp.where(size + b >= 0, 1 + b / size, 0)
    scale = jnp.where(is_zero, jnp.where(b >= 0, 1.0, 0.0).astype(scale.dtype), scale)
    return scale * re, scale * im
