"""What examples hold, as numbers that no two different sets of them share (SHA-256)."""

import hashlib

from rnnjax.datasets.base import Split

# Of the published examples in the order of their files: 60,000 for training and 10,000 for the
# test each. Of the digits in the wheel: as `read_wheel` divides them.
PUBLISHED_DIGESTS = {
    "mnist": "bab833be44432887b8367c256dc3f6f37f73632c1eabcb1cbc894e04f779a312",
    "fashion_mnist": "09627107dde20800f249b90a3b80609822fbaf088555476bb02aea854423a846",
    "digits": "4c33e6e17991dfd3c867b819dbd53dfb7cad93043553635c6325cb70a276f0a8",
}


def digest(train: Split, test: Split) -> str:
    """Returns the SHA-256 of all contents, which depends on the order of the examples.

    Args:
        train: the training split.
        test: the test split.

    Returns:
        64 hexadecimal digits, over the bytes of the training images, training labels, test images
        and test labels, labels as little-endian 32-bit integers.
    """
    sha = hashlib.sha256()
    for split in (train, test):
        sha.update(split.images.tobytes())
        sha.update(split.labels.astype("<i4").tobytes())
    return sha.hexdigest()


def example_digests(split: Split) -> list[bytes]:
    """Returns the SHA-256 of each example: of its image, and its label as in `digest`."""
    return [
        hashlib.sha256(image.tobytes() + label.tobytes()).digest()
        for image, label in zip(split.images, split.labels.astype("<i4"), strict=True)
    ]
