import jax
import numpy as np
import pytest

from rnnjax import datasets


@pytest.fixture(scope="module")
def images(small):
    return small[0].images[:3]


def test_rows(images):
    expected = np.zeros((28, 3, 28), np.float32)
    for t in range(28):
        for b in range(3):
            for d in range(28):
                expected[t, b, d] = images[b, t, d] / 255
    np.testing.assert_allclose(datasets.rows(images), expected, rtol=1e-6)


def test_pixels(images):
    expected = np.zeros((784, 3, 1), np.float32)
    for t in range(784):
        for b in range(3):
            expected[t, b, 0] = images[b, t // 28, t % 28] / 255
    np.testing.assert_allclose(datasets.pixels(images), expected, rtol=1e-6)


def test_permuted(images):
    order = np.random.RandomState(92916).permutation(784)
    expected = np.zeros((784, 3, 1), np.float32)
    for t, pixel in enumerate(order):
        for b in range(3):
            expected[t, b, 0] = images[b, pixel // 28, pixel % 28] / 255
    np.testing.assert_allclose(datasets.permuted(images), expected, rtol=1e-6)


def test_the_permutation_is_pinned():
    # Each pixel holds a number of its own, modulo 256, so the output shows which came when.
    image = (np.arange(784) % 256).astype(np.uint8).reshape(1, 28, 28)
    steps = np.rint(255 * np.asarray(datasets.permuted(image))[:8, 0, 0]).astype(int)
    assert steps.tolist() == [63, 64, 67, 107, 99, 204, 197, 20]


@pytest.mark.parametrize("name", datasets.ORDERS)
def test_every_order_runs_compiled_on_any_batch_axes(name, images):
    order = getattr(datasets, name)
    batched = order(images)
    assert batched.dtype == np.float32
    assert float(batched.max()) <= 1
    assert float(batched.min()) >= 0
    np.testing.assert_allclose(jax.jit(order)(images), batched, rtol=1e-6)
    np.testing.assert_array_equal(order(images[0]), batched[:, 0])
    np.testing.assert_array_equal(order(images[None]), batched[:, None])


def test_the_permutation_needs_images_it_fits():
    with pytest.raises(ValueError, match=r"28, 28.*\(2, 14, 14\)"):
        datasets.permuted(np.zeros((2, 14, 14), np.uint8))
