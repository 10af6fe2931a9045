import hashlib

import numpy as np
import pytest

from rnnjax import datasets

# First six pixels, and the first 16 digits of the SHA-256 of little-endian int32, as the seed lines
# of the authors' code give them.
PUBLISHED = {
    "scornn": ([319, 576, 323, 107, 355, 716], "8028ff1eba5833e7"),
    "cornn": ([91, 97, 471, 426, 157, 451], "2035d69749290721"),
    "lem": ([327, 72, 48, 129, 109, 101], "44b845ec682ec4d0"),
    "lmu": ([46, 466, 537, 44, 515, 589], "dca7c61c79ffae77"),
    "bit_reversal": ([0, 512, 256, 768, 128, 640], "603ce0307a3e869b"),
    "nnrnn": ([529, 511, 328, 133, 532, 378], "330e4672ce04cf48"),
    "keras_lmu": ([693, 85, 647, 392, 765, 14], "d3fd1bb9662071eb"),
}


def test_all_are_pinned():
    assert set(datasets.PERMUTATIONS) == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_permutation_is_the_published_one(name):
    first, digits = PUBLISHED[name]
    order = datasets.permutation(name)
    assert order[:6].tolist() == first
    assert sorted(order.tolist()) == list(range(784))
    assert hashlib.sha256(order.astype("<i4").tobytes()).hexdigest().startswith(digits)
    assert datasets.permutation_hash(name) == digits


@pytest.mark.parametrize("name", PUBLISHED)
def test_images_are_shown_in_it(name, small):
    images = small[0].images[:2]
    xs = np.rint(255 * np.asarray(datasets.permuted(images, name)))[..., 0].T
    order = datasets.permutation(name)
    assert xs.tolist() == [[image.flat[pixel] for pixel in order] for image in images]


def test_another_name_is_refused_in_one_line(small):
    with pytest.raises(ValueError, match=r"^no permutation 'mine', there are scornn, cornn, .*$"):
        datasets.permuted(small[0].images, "mine")
