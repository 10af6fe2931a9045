"""Kronecker-factored real-time recurrent learning."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.learning.affine import HIGHEST, AffineRule, affine_step, gradients, zero_pair
from rnnjax.learning.step import Step
from rnnjax.typing import Array, Key


class Kronecker(NamedTuple):
    """A row and a matrix whose Kronecker product is on average the influence of the weights.

    Example:
        >>> Kronecker(u=1.0, a=0.5)
        Kronecker(u=1.0, a=0.5)
    """

    u: Array  # [F], F = H + D + 1
    a: Array  # [N, Z]


class KFRTRL(AffineRule):
    """Kronecker-factored real-time recurrent learning, of cells whose weights see `[h, x, 1]`.

    A step's own influence is the product of its features `f_t` with `D_t = dh_t / dz_t`, so two
    such products are merged at random into one, by two signs a step:

        u'  = c_1 p_1 u + c_2 p_2 f_t
        A'  = (c_1 / p_1) J_t A + (c_2 / p_2) D_t
        p_1 = sqrt(|J_t A| / |u|),  p_2 = sqrt(|D_t| / |f_t|)

    With `u (x) A` as the influence the gradient is on average that of backpropagation, and varies
    far less than that of `UORO`, for `N` times as many gates to keep and a product of matrices a
    step. What a window does by itself is exact. In a `Learner`, which draws the signs.

    Example:
        >>> from rnnjax import learning
        >>> from rnnjax.cells import Elman
        >>> cell = learning.Learner(Elman(4), KFRTRL(), input_dim=3)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> cell.draw(jax.random.key(1), params, (5, 2)).own.shape  # signs, [T, B, 2]
        (5, 2, 2)

    References:
        Mujika, Meier & Steger (2018), Approximating real-time recurrent learning with random
        Kronecker factors, NeurIPS, arXiv:1805.10842.
    """

    needs_noise = True

    def draw(self, key: Key, count: int, leading: tuple[int, ...]) -> Array:
        """Draws two signs a step, `[*leading, 2]`."""
        del count
        return jax.random.rademacher(key, (*leading, 2), jnp.result_type(float))

    def begin(self, step: Step) -> Kronecker:
        """Returns zeros."""
        return Kronecker(*zero_pair(step))

    def advance(self, step: Step, memory: Kronecker, noise: Array) -> Kronecker:
        """Merges what is left of the past with what the step does by itself."""
        features, direct, jacobian = affine_step(step)
        past = jnp.matmul(jacobian, memory.a, precision=HIGHEST)
        c_1, c_2 = noise.astype(features.dtype)
        p_1, p_2 = _balance(past, memory.u), _balance(direct, features)
        return Kronecker(
            u=c_1 * p_1 * memory.u + c_2 * p_2 * features,
            a=c_1 / p_1 * past + c_2 / p_2 * direct,
        )

    def contract(
        self, step: Step, memory: Kronecker, cotangents: Array
    ) -> tuple[list[Array], None]:
        """Returns `u (x) c A`, summed over sequences."""
        z = jnp.einsum("bn,bnz->bz", cotangents, memory.a, precision=HIGHEST)
        return gradients(step, memory.u, z), None


def _balance(a: Array, u: Array) -> Array:
    """Returns the factor that makes norms alike; 1 where one of them is zero, as at first."""
    size_a, size_u = jnp.sqrt(jnp.sum(a**2)), jnp.sqrt(jnp.sum(u**2))
    both = (size_a > 0) & (size_u > 0)
    return jnp.sqrt(jnp.where(both, size_a, 1) / jnp.where(both, size_u, 1))
