"""Forward gradients: derivatives along random directions."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.learning.base import Rule
from rnnjax.learning.evolution import directions, key_bits, key_of
from rnnjax.learning.step import Step
from rnnjax.typing import Array, Key


class Directions(NamedTuple):
    """Directions of parameters, and how a state moves along each.

    Example:
        >>> Directions(h=0, theta=[], drawn=False).drawn
        False
    """

    h: Array  # [K, N]
    theta: list[Array]  # [K, *leaf] each
    drawn: Array  # boolean


class ForwardGradient(Rule):
    """The derivative along random directions, times these: on average the gradient.

        g = mean_k <dL / dh, s_k> v_k,   s_k' = s_k J_t + v_k I_t,   v_k standard normal

    Each sequence has `tangents` directions of its own, drawn where it begins and kept to its end.
    The variance of one is `p + 1` times the squared gradient of p parameters. What a window does
    by itself is exact. In a `Learner`, which draws the keys.

    Example:
        >>> ForwardGradient(8)
        ForwardGradient(tangents=8)

    References:
        Baydin, Pearlmutter, Syme, Wood & Torr (2022), Gradients without backpropagation,
        arXiv:2202.08587.
    """

    needs_noise = True

    tangents: int = 1

    def draw(self, key: Key, count: int, leading: tuple[int, ...]) -> Array:
        """Draws the bits of keys, `[*leading, 2]`."""
        del count
        return key_bits(key, leading)

    def begin(self, step: Step) -> Directions:
        """Returns no directions yet."""
        k = self.tangents
        theta = [jnp.zeros((k, *x.shape), x.dtype) for x in step.theta]
        h = step.zero_h()
        return Directions(jnp.broadcast_to(h, (k, *h.shape)), theta, jnp.zeros((), bool))

    def start(self, step: Step, memory: Directions, noise: Array) -> Directions:
        """Draws the directions of the sequences that begin; at other steps there is no draw."""

        def draw(memory: Directions, bits: Array) -> Directions:
            fresh = directions(key_of(bits), step.theta, self.tangents)
            pairs = zip(memory.theta, fresh, strict=True)
            theta = [jnp.where(memory.drawn, old, new) for old, new in pairs]
            return Directions(memory.h, theta, jnp.ones_like(memory.drawn))

        for _ in memory.drawn.shape:
            draw = jax.vmap(draw)
        return jax.lax.cond(jnp.all(memory.drawn), lambda memory, _: memory, draw, memory, noise)

    def advance(self, step: Step, memory: Directions, noise: Array) -> Directions:
        """Moves the state along the directions."""
        del noise
        theta, h = step.theta, step.h
        moved = jax.vmap(lambda s, v: jax.jvp(step, (theta, h), (v, s))[1])(memory.h, memory.theta)
        return memory._replace(h=moved)

    def contract(
        self, step: Step, memory: Directions, cotangents: Array
    ) -> tuple[list[Array], None]:
        """Returns the mean of the directions, each times how the loss moves along it."""
        along = jnp.einsum("bkn,bn->bk", memory.h, cotangents) / self.tangents
        return [jnp.tensordot(along.astype(v.real.dtype), v.conj(), 2) for v in memory.theta], None
