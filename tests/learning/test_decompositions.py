import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.learning.decompositions import gram_schmidt, svd
from tests.full import full
from tests.laws.draws import normal


@pytest.mark.usefixtures("x64")
def test_rows_that_depend_on_others_have_no_direction_of_their_own():
    rows = normal(0, (4, 6), np.float64)
    rows[2] = 3 * rows[0] - rows[1]
    r, q = jax.jit(gram_schmidt)(jnp.array(rows))
    np.testing.assert_allclose(r @ q, rows, atol=1e-13)
    np.testing.assert_allclose(q @ q.T, np.diag([1, 1, 0, 1]), atol=1e-13)
    r, q = gram_schmidt(jnp.array(rows[:, :2]))  # more rows than there is room for
    np.testing.assert_allclose(r @ q, rows[:, :2], atol=1e-13)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("size", [2, 5, full(17)])
def test_values_and_vectors_are_numpys(size):
    matrices = normal(size, (3, size, size), np.float64)
    matrices[1] = np.outer(matrices[1, 0], matrices[1, 1])  # of rank one
    matrices[2] *= 0
    left, d, right = jax.jit(jax.vmap(svd))(jnp.array(matrices))
    np.testing.assert_allclose(d, np.linalg.svd(matrices)[1], atol=1e-13)
    np.testing.assert_allclose(
        np.einsum("bik,bk,bjk->bij", left, d, right), matrices, atol=1e-13 * size
    )
    identity = np.eye(size)[None].repeat(3, 0)
    np.testing.assert_allclose(right.mT @ right, identity, atol=1e-13)
    np.testing.assert_allclose(left[0].T @ left[0], identity[0], atol=1e-12)
