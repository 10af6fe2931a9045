"""Training examples held out for validation, always the same ones."""

import operator

import numpy as np

from rnnjax.datasets.base import DatasetError, Split
from rnnjax.datasets.contents import example_digests

_FEWEST = 500  # for validation: 95 % of them right is known to within 2 %


def default_validation(count: int) -> int:
    """Returns how many of `count` training examples to hold out where nobody said.

    A twelfth, or 500 if that is more, but never more than an eighth.

    Args:
        count: the number of training examples.

    Example:
        >>> default_validation(60_000)  # MNIST
        5000
        >>> default_validation(4_000), default_validation(80), default_validation(1)
        (500, 10, 0)
    """
    return min(max(count // 12, _FEWEST), count // 8)


def hold_out(split: Split, count: int) -> tuple[Split, Split]:
    """Divides training examples into those to learn from and those to choose by.

    Held out are the `count` examples whose SHA-256 is smallest. That is a draw at random that never
    changes and knows contents alone: the same images are held out in whatever order a source
    delivers them, those held out for a smaller `count` are among those for a larger one, and copies
    of an image that have one label stay together as far as `count` allows.

    Args:
        split: the training examples.
        count: how many to hold out.

    Returns:
        The examples to learn from and those for validation, each in the order that they had. With
        `count=0` the first is `split` itself and the second is empty.

    Raises:
        DatasetError: if `count` is negative or leaves no example to learn from.
        TypeError: if `count` is not a whole number.

    Example:
        >>> from rnnjax import datasets
        >>> digits = datasets.load("digits")
        >>> train, validation = datasets.hold_out(digits.train, 500)
        >>> len(train.labels), len(validation.labels), len(digits.test.labels)
        (3500, 500, 1000)
    """
    count, total = operator.index(count), len(split.labels)
    if count == 0:
        return split, Split(split.images[:0], split.labels[:0])
    if not 0 < count < total:
        raise DatasetError(
            f"cannot hold out {count} of {total} training examples for validation, "
            "expected 0 or more and fewer than there are"
        )
    digests = example_digests(split)
    held = np.zeros(total, bool)
    held[sorted(range(total), key=digests.__getitem__)[:count]] = True
    return _where(split, ~held), _where(split, held)


def _where(split: Split, chosen: np.ndarray) -> Split:
    return Split(split.images[chosen], split.labels[chosen])
