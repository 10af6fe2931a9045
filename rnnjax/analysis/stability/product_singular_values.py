"""Singular values of the Jacobian of many steps, which no product of matrices could hold."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.analysis.vector_steps import Step, as_pytree, push, vector_step
from rnnjax.typing import Array, Key, State


def product_log_singular_values(
    step: Step, state: State, xs: Any, *, sweeps: int = 30, key: Key | None = None
) -> Array:
    """Returns natural logarithms of the singular values of `d h_T / d h_0`, `[..., N]` falling.

    The product itself loses those that are smaller than its rounding errors, 1e-7 of the largest in
    single precision. Here it is kept as `Q D U`: `Q` orthogonal, `D` a diagonal as logarithms, `U`
    triangular with ones on its diagonal. `D U` is then brought to a diagonal by QR decompositions
    of it and its transpose in turns. What is found divided by T are Lyapunov exponents of finite
    time, in each sequence.

    Args:
        step: maps a state and `x_t` to the next state and an output; see `lyapunov_spectrum`.
        state: before the first step, leaves `[..., *own]`.
        xs: inputs, `[T, ..., D]`.
        sweeps: decompositions at the end: of two singular values the error falls at each by the
            square of their ratio, and those that are nearly equal are mixed.
        key: of the directions to start from, which change nothing but rounding.

    Raises:
        TypeError: if the state is not of real or complex numbers.
        ValueError: if the state has other batch axes than the inputs.

    References:
        Geist, Parlitz & Lauterborn (1990), Comparison of different methods for computing Lyapunov
        exponents, Progress of Theoretical Physics 83.
        Oliveira & Stewart (2000), Exponential splittings of products of matrices and accurately
        computing singular values of long products, Linear Algebra and its Applications 309.

    Example: 2 and 1/4 to the power of 100, the smaller far below what the product could tell.
        >>> step = lambda h, x_t: (jnp.array([0.25, 2.0]) * h, h)
        >>> found = product_log_singular_values(step, jnp.ones(2), jnp.zeros((100, 0)))
        >>> (found / jnp.log(2.0)).round(2).tolist()
        [100.0, -200.0]
    """
    key = jax.random.key(0) if key is None else key
    return _of_product(as_pytree(step), state, xs, key, sweeps)


@functools.partial(jax.jit, static_argnums=4)
def _of_product(step: Step, state: State, xs: Any, key: Key, sweeps: int) -> Array:
    vectors = vector_step(step, state, xs)
    h, size = vectors.start, vectors.start.shape[-1]

    def one(carry: tuple, x_t: Any) -> tuple[tuple, None]:
        h, Q, log_d, U = carry
        h, columns = push(lambda h: vectors.step(h, x_t), h, Q)
        Q, R = jnp.linalg.qr(columns)
        # Columns of Q are turned where R would have a negative number on its diagonal.
        signs = jnp.where(jnp.diagonal(R, axis1=-2, axis2=-1) < 0, -1, 1).astype(R.dtype)
        return (h, Q * signs[..., None, :], *_times(R, log_d, U)), None

    def sweep(_: int, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        log_d, U = carry
        # (D U)^T = U^T D, and of U^T = Q R the product R D is triangular again.
        R = jnp.linalg.qr(jnp.swapaxes(U, -1, -2), mode="r")
        return _times(R, log_d, jnp.broadcast_to(jnp.eye(size, dtype=U.dtype), U.shape))

    # Columns at random: those of the identity may be in the reverse order, and D U overflow.
    Q = jnp.linalg.qr(jax.random.normal(key, (*h.shape, size), h.dtype))[0]
    zeros, eye = jnp.zeros_like(h), jnp.broadcast_to(jnp.eye(size, dtype=h.dtype), Q.shape)
    (_, _, log_d, U), _ = jax.lax.scan(one, (h, Q, zeros, eye), xs)
    log_d, _ = jax.lax.fori_loop(0, sweeps, sweep, (log_d, U))
    return jnp.flip(jnp.sort(log_d, axis=-1), -1)


def _times(R: Array, log_d: Array, U: Array) -> tuple[Array, Array]:
    """Returns `R D U`, all triangular, in the form of `D U`, up to the signs of rows."""
    diagonal = jnp.diagonal(R, axis1=-2, axis2=-1)
    scaled = R / diagonal[..., None] * _ratios(log_d)
    return log_d + jnp.log(jnp.abs(diagonal)), scaled @ U


def _ratios(log_d: Array) -> Array:
    """Returns `D_j / D_i` where `j >= i`, `[..., N, N]`, else zero."""
    ratios = jnp.exp(log_d[..., None, :] - log_d[..., :, None])
    return jnp.triu(ratios)
