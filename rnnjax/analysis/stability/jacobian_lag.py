"""How much of a state reaches the states of later steps: Jacobians of many steps."""

import itertools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.analysis.vector_steps import Step, as_pytree, log_norm, pull_back, vector_step
from rnnjax.typing import Array, State


class JacobianLag(NamedTuple):
    """Natural logarithms of sizes of `d state_T / d state_{T-k}`, `[T + 1, ...]` by lag k.

    Attributes:
        rms: by how much a random direction grows, root mean square: Frobenius norm by `sqrt(N)`.
        spectral: by how much any direction can grow.
        blocks: `rms` of each array of the last state by each of the state before, as
            `jax.jacobian` nests them: `blocks.h.c` is of `dh_T / dc_{T-k}`.

    Example:
        >>> JacobianLag(jnp.zeros(5), jnp.zeros(5), jnp.zeros(5)).rms.shape
        (5,)
    """

    rms: Array
    spectral: Array
    blocks: State


def jacobian_by_lag(step: Step, state: State, xs: Array) -> JacobianLag:
    """Returns sizes of the Jacobians of the last k steps, for all k and every sequence.

        P_k = J_T J_{T-1} ... J_{T-k+1}

    Products are scaled at each step. That by `spectral` has the slope of the largest Lyapunov
    exponent, in the limit; `rms` averages over directions and can have no smaller one. Beside N
    products a step, a step takes the singular values of an `[N, N]` matrix.

    Args:
        step: maps a state and `x_t` to the next state and an output; see `lyapunov_spectrum`.
        state: before the first step, leaves `[..., *own]`.
        xs: inputs, `[T, ..., D]`.

    Raises:
        TypeError: if the state is not of real or complex numbers.
        ValueError: if the state has other batch axes than the inputs.

    References:
        Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks,
        ICML, arXiv:1211.5063.

    Example: a leak that takes three quarters at each step.
        >>> found = jacobian_by_lag(lambda h, x_t: (h / 4, h), jnp.ones(2), jnp.ones((2, 0)))
        >>> jnp.exp(found.spectral).round(4).tolist()
        [1.0, 0.25, 0.0625]
    """
    return _run(as_pytree(step), state, xs)


@jax.jit
def _run(step: Step, state: State, xs: Array) -> JacobianLag:
    vectors = vector_step(step, state, xs)
    parts = _parts(vectors.like)

    def units(end: Array) -> Array:
        size = end.shape[-1]
        rows = jnp.expand_dims(jnp.eye(size, dtype=end.dtype), tuple(range(1, end.ndim)))
        return jnp.broadcast_to(rows, (size, *end.shape))

    def measure(rows: Array) -> JacobianLag:
        matrices = jnp.moveaxis(rows, 0, -2)  # [..., N, N]

        def columns_of(after: slice) -> State:
            return jax.tree.map(lambda before: _log_rms(matrices[..., after, before]), parts)

        spectral = jnp.linalg.svd(matrices, compute_uv=False)[..., 0]
        return JacobianLag(_log_rms(matrices), jnp.log(spectral), jax.tree.map(columns_of, parts))

    return pull_back(vectors, xs, units, measure)


def _parts(like: State) -> State:
    """Returns where in its vector each array of a state is, see `dynamics.to_vector`."""
    leaves, structure = jax.tree.flatten(like)
    ends = list(itertools.accumulate(x.size * (1 + jnp.iscomplexobj(x)) for x in leaves))
    return jax.tree.unflatten(structure, map(slice, [0, *ends[:-1]], ends))


def _log_rms(block: Array) -> Array:
    return log_norm(block, 2) - math.log(block.shape[-1]) / 2
