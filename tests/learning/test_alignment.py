import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import learning
from rnnjax.learning.alignment import alignment, leaf_alignments


def drawn(seed):
    rng = np.random.default_rng(seed)
    complex_leaf = rng.normal(size=3) + 1j * rng.normal(size=3)
    return {"a": rng.normal(size=(3, 2)), "b": {"c": rng.normal(size=4), "d": complex_leaf}}


def vector(tree):
    """Returns all real numbers of a tree in a row."""
    d = tree["b"]["d"]
    return np.concatenate([tree["a"].ravel(), tree["b"]["c"], d.real, d.imag])


def test_cosine_and_norm_are_those_of_the_numbers_in_a_row(x64):
    x, y = drawn(0), drawn(1)
    found = alignment(x, y)
    norms = np.linalg.norm(vector(x)), np.linalg.norm(vector(y))
    np.testing.assert_allclose(found.cosine, vector(x) @ vector(y) / np.prod(norms), rtol=1e-12)
    np.testing.assert_allclose(found.norm, norms[0] / norms[1], rtol=1e-12)


def test_each_leaf_by_itself(x64):
    x, y = drawn(0), drawn(1)
    found = leaf_alignments(x, y)
    assert list(found) == ["a", "b.c", "b.d"]
    c = x["b"]["c"], y["b"]["c"]
    wanted = c[0] @ c[1] / np.linalg.norm(c[0]) / np.linalg.norm(c[1])
    np.testing.assert_allclose(found["b.c"].cosine, wanted, rtol=1e-12)
    d = x["b"]["d"]
    turned = leaf_alignments({"d": d * 1j}, {"d": d})["d"]  # by a right angle, of complex numbers
    np.testing.assert_allclose([turned.cosine, turned.norm], [0, 1], atol=1e-12)


def test_numbers_whose_squares_are_zero_in_single_precision():
    x = {"w": jnp.array([3e-30, 4e-30]), "b": jnp.array([0.0])}
    y = {"w": jnp.array([4e-25, 3e-25]), "b": jnp.array([0.0])}
    found = alignment(x, y)
    np.testing.assert_allclose(found.cosine, 0.96, rtol=1e-6)
    np.testing.assert_allclose(found.norm, 1e-5, rtol=1e-5)


def test_of_a_gradient_that_is_zero():
    zero, one = {"w": jnp.zeros(2)}, {"w": jnp.ones(2)}
    assert [float(x) for x in alignment(zero, one)] == [0, 0]
    assert float(alignment(one, zero).cosine) == 0
    assert np.isinf(alignment(one, zero).norm)
    assert np.isnan(alignment(zero, zero).norm)


def test_leaves_that_are_no_numbers_do_not_count():
    x = {"steps": jnp.arange(3), "w": jnp.array([1.0, 2.0])}
    y = {"steps": jnp.arange(3) * 5, "w": jnp.array([2.0, 4.0])}
    np.testing.assert_allclose(alignment(x, y), [1, 0.5], rtol=1e-6)
    assert list(leaf_alignments(x, y)) == ["w"]


def test_other_shapes_are_refused_in_one_line():
    with pytest.raises(ValueError, match="a gradient of shapes") as caught:
        learning.alignment({"w": jnp.zeros(2)}, {"w": jnp.zeros(3)})
    assert "\n" not in str(caught.value)
