"""Unbiased online recurrent optimization."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.learning.base import Rule
from rnnjax.learning.step import Step
from rnnjax.typing import Array, Key

_SMALL = 1e-5  # as in the authors' code


class Factors(NamedTuple):
    """Two vectors whose outer product is on average the influence of parameters on a state.

    Example:
        >>> Factors(h=0, theta=[]).theta
        []
    """

    h: Array  # [N]
    theta: list[Array]  # shaped like the parameters


class UORO(Rule):
    """Unbiased online recurrent optimization: the influence as an outer product of two vectors.

    With random signs `nu_t` the gradient is on average that of backpropagation, for any cell, with
    the memory of N numbers and one more set of parameters:

        h~'     = r_0 h~ J_t + r_1 nu_t
        theta~' = theta~ / r_0 + (I_t nu_t) / r_1
        r_0 = sqrt(|theta~| / |h~ J_t|),  r_1 = sqrt(|I_t nu_t| / |nu_t|)

    What a step does by itself is exact, only what was before is estimated. The variance grows with
    N and with how far back the past matters. In a `Learner`, which draws the signs.

    Example:
        >>> from rnnjax import learning
        >>> from rnnjax.cells import Elman
        >>> cell = learning.Learner(Elman(4), UORO(), input_dim=3)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> cell.draw(jax.random.key(1), params, (5, 2)).own.shape  # signs, [T, B, N]
        (5, 2, 4)

    References:
        Tallec & Ollivier (2018), Unbiased online recurrent optimization, ICLR, arXiv:1702.05043.
    """

    needs_noise = True

    def draw(self, key: Key, count: int, leading: tuple[int, ...]) -> Array:
        """Draws signs, `[*leading, N]`."""
        return jax.random.rademacher(key, (*leading, count), jnp.result_type(float))

    def begin(self, step: Step) -> Factors:
        """Returns zeros."""
        return Factors(step.zero_h(), [jnp.zeros(x.shape, x.dtype) for x in step.theta])

    def advance(self, step: Step, memory: Factors, noise: Array) -> Factors:
        """Moves both vectors, and adds the step's own influence along `noise`."""
        theta, h = step.theta, step.h
        _, moved = jax.jvp(lambda h: step(theta, h), (h,), (memory.h,))
        _, pull = jax.vjp(lambda theta: step(theta, h), theta)
        (own,) = pull(noise.astype(h.dtype))
        r_0 = jnp.sqrt((_norm(memory.theta) + _SMALL) / (_norm([moved]) + _SMALL))
        r_1 = jnp.sqrt((_norm(own) + _SMALL) / (_norm([noise]) + _SMALL))
        return Factors(
            (r_0 * moved + r_1 * noise).astype(h.dtype),
            [(a / r_0 + b / r_1).astype(a.dtype) for a, b in zip(memory.theta, own, strict=True)],
        )

    def contract(self, step: Step, memory: Factors, cotangents: Array) -> tuple[list[Array], None]:
        """Returns `<h~, c> theta~`, summed over sequences."""
        along = jnp.sum(memory.h * cotangents, axis=-1)
        return [jnp.tensordot(along.astype(x.real.dtype), x, 1) for x in memory.theta], None


def _norm(arrays: list[Array]) -> Array:
    squares = (jnp.sum(x.real**2 + x.imag**2) for x in arrays)
    return jnp.sqrt(sum(squares, start=jnp.zeros(())))
