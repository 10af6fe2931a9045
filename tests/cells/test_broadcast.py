import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.cells.broadcast import affine


@pytest.mark.parametrize("features", [1, 2])
@pytest.mark.parametrize("batch_shape", [(), (4,), (3, 4)])
def test_an_affine_map_is_a_product_and_a_bias(features, batch_shape):
    rng = np.random.default_rng(0)
    shapes = (*batch_shape, features), (features, 5), (5,)
    x, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    np.testing.assert_allclose(affine(*map(jnp.asarray, (x, w, b))), x @ w + b, rtol=1e-5)


@pytest.mark.parametrize("features", [1, 2])
def test_its_gradients_are_those_of_the_formula(features):
    rng = np.random.default_rng(0)
    shapes = (4, features), (features, 5), (5,), (4, 5)
    x, w, b, weights = (rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    by_x, by_w, by_b = jax.grad(lambda *a: jnp.sum(weights * affine(*a)), (0, 1, 2))(x, w, b)
    np.testing.assert_allclose(by_x, weights @ w.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(by_w, x.T @ weights, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(by_b, weights.sum(axis=0), rtol=1e-5, atol=1e-6)
