"""The optimal Kronecker sum."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.learning.affine import HIGHEST, AffineRule, affine_step, gradients, zero_pair
from rnnjax.learning.decompositions import gram_schmidt, svd
from rnnjax.learning.step import Step
from rnnjax.typing import Array, Key


class KroneckerSum(NamedTuple):
    """Rows and matrices, the sum of whose products is on average the influence of the weights.

    Example:
        >>> KroneckerSum(u=1.0, a=0.5)
        KroneckerSum(u=1.0, a=0.5)
    """

    u: Array  # [rank, F], F = H + D + 1
    a: Array  # [rank, N, Z]


class OK(AffineRule):
    """Optimal Kronecker-sum approximation of real-time recurrent learning, of `rank` products.

    What is left of the past, `sum_i u_i (x) J_t A_i`, and the step's own `f_t (x) D_t` are one
    product more than are kept. Of all ways to draw so many at random that are right on average,
    it is the one of least variance: the largest stay as they are, the tail is mixed by signs.
    At `rank` 1 it is at least as good as `KFRTRL`; nothing is lost within `rank` steps.

    For cells whose weights see `[h, x, 1]`; what a window does by itself is exact. In a `Learner`,
    which draws the signs.

    Example:
        >>> OK(rank=4)
        OK(rank=4)

    References:
        Benzing, Gauy, Mujika, Martinsson & Steger (2019), Optimal Kronecker-sum approximation of
        real time recurrent learning, ICML, arXiv:1902.03993.
    """

    needs_noise = True

    rank: int = 1

    def draw(self, key: Key, count: int, leading: tuple[int, ...]) -> Array:
        """Draws a sign for each product and one more, `[*leading, rank + 1]`."""
        del count
        return jax.random.rademacher(key, (*leading, self.rank + 1), jnp.result_type(float))

    def begin(self, step: Step) -> KroneckerSum:
        """Returns zeros."""
        return KroneckerSum(*(jnp.zeros((self.rank, *x.shape), x.dtype) for x in zero_pair(step)))

    def advance(self, step: Step, memory: KroneckerSum, noise: Array) -> KroneckerSum:
        """Takes in what the step does by itself, and reduces the sum to as many products."""
        features, direct, jacobian = affine_step(step)
        past = jnp.einsum("ij,rjz->riz", jacobian, memory.a, precision=HIGHEST)
        u = jnp.concatenate([memory.u, features[None]])
        a = jnp.concatenate([past, direct[None]])
        left, right = reduced(u, a.reshape(len(a), -1), noise.astype(u.dtype))
        return KroneckerSum(left, right.reshape(self.rank, *direct.shape))

    def contract(
        self, step: Step, memory: KroneckerSum, cotangents: Array
    ) -> tuple[list[Array], None]:
        """Returns `sum_i u_i (x) c A_i`, summed over sequences."""
        z = jnp.einsum("bn,brnz->brz", cotangents, memory.a, precision=HIGHEST)
        return gradients(step, _flat(memory.u), _flat(z)), None


def reduced(u: Array, a: Array, signs: Array) -> tuple[Array, Array]:
    """Returns one product less with, on average and at the least variance, the same sum.

    Args:
        u: `[R + 1, F]`.
        a: `[R + 1, M]`, of the sum `u^T a`.
        signs: `[R + 1]`, each +1 or -1 at random.

    Returns:
        `[R, F]` and `[R, M]`.

    Example:
        >>> u, a = reduced(jnp.eye(2), jnp.diag(jnp.array([4.0, 0.0])), jnp.array([1.0, -1.0]))
        >>> bool(jnp.allclose(u.T @ a, jnp.diag(jnp.array([4.0, 0.0])), atol=1e-5))
        True
    """
    (r_u, q_u), (r_a, q_a) = gram_schmidt(u), gram_schmidt(a)
    left, d, right = svd(jnp.matmul(r_u.T, r_a, precision=HIGHEST))
    mixed = _mixed(d, signs)

    def made(q: Array, rotation: Array) -> Array:
        return jnp.linalg.multi_dot([mixed.T, rotation.T, q], precision=HIGHEST)

    return made(q_u, left), made(q_a, right)


def _mixed(d: Array, signs: Array) -> Array:
    """Returns `[R + 1, R]` whose product with its transpose is on average `diag(d)`, d falling.

    The first m are as they are. In the tail `Z`, `[k + 1, k]`, completes the unit vector `z` of
    `sqrt(1 - k d_i / s)` to an orthonormal basis, s the sum of its d, and the rows of
    `sqrt(s / k) Z` have the signs.
    """
    count = len(d) - 1
    small = 8 * len(d) * jnp.finfo(d.dtype).eps * d[0]
    d = jnp.where(d > small, d, 0)  # what rounding left is not mixed in
    at = jnp.arange(count + 1)
    rest = jnp.cumsum(d[::-1])[::-1]
    m = jnp.argmax((count - at) * d <= rest)
    k, s, in_tail = count - m, rest[m], at >= m
    unit = jnp.where(in_tail, jnp.sqrt(jnp.maximum(1 - k * d / jnp.where(s > 0, s, 1), 0)), 0)
    # The reflection that takes the unit vector of place m to z has the basis as its columns.
    mirror = jnp.where(at == m, 1, 0) - unit / jnp.linalg.norm(unit)
    size = jnp.sum(mirror**2)
    turned = 2 * jnp.outer(mirror, mirror) / jnp.where(size > 0, size, 1)
    basis = jnp.eye(count + 1, dtype=d.dtype) - turned
    columns = at[:-1] + (at[:-1] >= m)  # all but z
    scale = jnp.sqrt(jnp.where(in_tail[:-1], s / k, d[:-1]))
    return jnp.where(in_tail, signs, 1)[:, None] * basis[:, columns] * scale[None]


def _flat(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])
