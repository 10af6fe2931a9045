import gzip
from pathlib import Path

import numpy as np
import pytest

from rnnjax.datasets.base import Split
from rnnjax.datasets.idx import FILES

REAL = Path(__file__).parents[3] / "shared" / "data" / "mnist"


@pytest.fixture(scope="session")
def real_folder():
    """The four official MNIST files, where they lie beside the checkout."""
    if not all((REAL / name).is_file() for name in FILES):
        pytest.skip("the official MNIST files are not in ../shared/data/mnist")
    return REAL


@pytest.fixture(scope="session")
def idx_bytes():
    """Encodes an array of bytes as IDX, `lie` added to the count in the header."""

    def encode(values, lie=0):
        shape = (values.shape[0] + lie, *values.shape[1:])
        magic = 0x0800 | values.ndim
        return b"".join(n.to_bytes(4, "big") for n in (magic, *shape)) + values.tobytes()

    return encode


@pytest.fixture(scope="session")
def small():
    """Thirty training and twenty test examples of noise."""
    random = np.random.RandomState(3)

    def split(count):
        images = random.randint(0, 256, (count, 28, 28)).astype(np.uint8)
        return Split(images, np.arange(count, dtype=np.int32) % 10)

    return split(30), split(20)


@pytest.fixture(scope="session")
def write_folder(small, idx_bytes):
    """Writes the small data as the four IDX files; `shift` turns the labels into other ones."""

    def write(folder, compressed=True, shift=0):
        folder.mkdir(parents=True, exist_ok=True)
        contents = [
            values
            for split in small
            for values in (split.images, ((split.labels + shift) % 10).astype(np.uint8))
        ]
        for name, values in zip(FILES, contents, strict=True):
            body = idx_bytes(values)
            path = folder / (name if compressed else name.removesuffix(".gz"))
            path.write_bytes(gzip.compress(body) if compressed else body)
        return folder

    return write
