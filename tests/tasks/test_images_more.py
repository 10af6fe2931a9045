"""Images in colour, under other permutations, and followed by noise."""

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.datasets import cifar
from rnnjax.tasks import Images
from tests.tasks.compiled import held_out


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """CIFAR-10's batches, of four images of noise each."""
    folder, random = tmp_path_factory.mktemp("cifar"), np.random.RandomState(1)
    for name in cifar.BINARY:
        records = random.randint(0, 256, (4, 3073)).astype(np.uint8)
        records[:, 0] %= 10
        (folder / name).write_bytes(records.tobytes())
    return str(folder)


def test_colour_is_read_by_rows_and_by_pixels(folder):
    rows = Images("cifar10", "rows", 2, folder)
    pixels = Images("cifar10", "pixels", 2, folder)
    x, y = (held_out(task.source("test", 4)).inputs for task in (rows, pixels))
    assert (x.shape, y.shape) == ((32, 4, 96), (1024, 4, 3))
    assert (rows.input_dim, pixels.input_dim, rows.output_dim) == (96, 3, 10)
    images = rows.found.test.images
    for b, i, j, channel in ((0, 0, 0, 0), (1, 3, 5, 1), (3, 31, 30, 2)):
        wanted = pytest.approx(images[b, i, j, channel] / 255)
        assert x[i, b, 32 * channel + j] == wanted
        assert y[32 * i + j, b, channel] == wanted
    assert rows.source("train", 5).count == 18
    assert rows.source("validation", 5).count == 2


def test_grey_is_read_like_any_other_image_but_larger(folder):
    rows, pixels = (Images("cifar10_grey", order, 2, folder) for order in ("rows", "pixels"))
    x, y = (held_out(task.source("test", 4)).inputs for task in (rows, pixels))
    assert (x.shape, y.shape) == ((32, 4, 32), (1024, 4, 1))
    assert (rows.input_dim, pixels.input_dim) == (32, 1)
    np.testing.assert_allclose(x.swapaxes(0, 1) * 255, rows.found.test.images, rtol=1e-6)


def test_noise_after_an_image_is_normal_and_always_the_same(folder):
    plain = Images("cifar10", "rows", 2, folder)
    task = Images("cifar10", "rows", 2, folder, length=1000)
    x, y = (held_out(t.source("test", 4)).inputs for t in (plain, task))
    assert y.shape == (1000, 4, 96)
    assert (y[:32] == x).all()
    noise = y[32:]
    assert (noise == noise[:, :1]).all()
    assert (noise[:, 0] == held_out(task.source("validation", 2)).inputs[32:, 0]).all()
    assert abs(noise[:, 0].mean()) < 0.02
    assert abs(noise[:, 0].std() - 1) < 0.02
    assert noise[0, 0, 0] == np.float32(np.random.RandomState(0).standard_normal())
    assert task.title == "cifar10 by rows and noise to 1000 steps"


def test_permutations_are_told_by_name_and_hash():
    task = Images("digits", "permuted", permutation="lem")
    batch = held_out(task.source("test", 5))
    wanted = datasets.permuted(task.found.test.images[:5], "lem")
    np.testing.assert_array_equal(batch.inputs, wanted)
    assert task.title == "digits by permuted (lem)"
    assert "Permutation lem, 44b845ec682ec4d0." in task.description
    assert "8028ff1eba5833e7" in Images("digits", "permuted").description
    assert repr(Images("digits")) == (
        "Images(dataset='digits', order='rows', validation=None, data_dir=None)"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Images("cifar10", "permuted"), ".*permutations are of 28x28 pixels"),
        (lambda: Images("cifar10", length=31), ".*length must be none or the 32 steps"),
        (lambda: Images(order="pixels", length=783), ".*length must be none or the 784 steps"),
        (lambda: Images(permutation="mine"), ".*permutation must be one of scornn, cornn"),
        (lambda: Images("cifar"), ".*dataset must be one of mnist, fashion_mnist"),
        (lambda: Images("digits", "columns"), ".*order must be one of rows, pixels, permuted"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        make()
    assert "\n" not in str(caught.value)
