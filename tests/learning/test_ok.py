import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import learning
from rnnjax.learning.ok import reduced
from tests.learning import bench


def drawn(rank, signs):
    """Returns the gradient of the bench for signs of the first three steps, `[S, 4, 2]`."""
    rule = learning.OK(rank)
    cell = learning.Learner(bench.CELL, rule, 1)
    signs = np.concatenate([signs, signs[:, :1]], axis=1)  # those of the last step are not used
    of = jax.jit(jax.vmap(lambda c: jax.grad(bench.loss)(bench.params(), rule, cell, c)))
    return bench.stacked(of(jnp.array(signs)))


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_reduced_sum_has_the_right_mean_and_the_least_variance(rank):
    rng = np.random.default_rng(rank)
    u, a = rng.normal(size=(rank + 1, 5)), rng.normal(size=(rank + 1, 6))
    signs = jnp.array(bench.signs(rank + 1))
    left, right = jax.vmap(lambda s: reduced(jnp.array(u), jnp.array(a), s))(signs)
    products = np.einsum("srf,srm->sfm", left, right)
    np.testing.assert_allclose(products.mean(0), u.T @ a, atol=1e-12)

    d = np.linalg.svd(u.T @ a, compute_uv=False)[: rank + 1]
    kept = next(m for m in range(rank + 1) if (rank - m) * d[m] <= d[m:].sum() + 1e-12)
    tail = d[kept:]
    least = tail.sum() ** 2 / (rank - kept) - (tail**2).sum()
    variance = ((products - u.T @ a) ** 2).sum((1, 2)).mean()
    np.testing.assert_allclose(variance, least, rtol=1e-10)
    assert least > 0.1


@pytest.mark.usefixtures("x64")
def test_of_rank_one_its_mean_is_backpropagation():
    found = drawn(1, bench.signs(3, 2))
    np.testing.assert_allclose(found.mean(0), bench.BPTT, atol=1e-11)
    variance = ((found - found.mean(0)) ** 2).mean(0).sum()
    assert 1e-3 < variance < 5.636624 / 4  # of UORO


@pytest.mark.usefixtures("x64")
def test_with_a_product_for_each_step_it_is_backpropagation_whatever_is_drawn():
    found = drawn(3, bench.signs(3, 4)[::97])
    np.testing.assert_allclose(found, np.broadcast_to(bench.BPTT, found.shape), atol=1e-11)
