"""A task whose batches the host delivers one by one, for data that the device cannot hold."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rnnjax.tasks.base import Task
from rnnjax.tasks.examples import AsBatch, Examples, check_examples
from rnnjax.tasks.feed import Feed
from rnnjax.tasks.sources import PARTS, Part
from rnnjax.tasks.stored import check_sizes
from rnnjax.tasks.stream import Stream

Delivery = tuple | dict[str, Any]  # `Examples`, a tuple of their fields, or a dict of them by name
Deliveries = Callable[[], Iterator[Delivery]] | Iterable[Delivery]


class Streamed(Task):
    """Sequences that an iterator delivers, any number of them at once, in up to three parts.

    Each part is a function that returns a new iterator of batches, or an iterable such as a data
    set or a loader of Grain. A batch is what `Arrays` takes, `(inputs, targets)` or
    `(inputs, targets, lengths)`, or a dict with these names: the batch axis first, here too. All
    batches of a part have the same shapes but for this axis. They are joined and cut to the
    `batch_size` of training, which is fastest if they have that already. The last batch of an
    evaluation may be short.

    Training goes on with a new iterator where one ends, so an iterator that shuffles or augments
    had better never end; of Grain's, such a one is
    `MapDataset.source(data).seed(0).shuffle().repeat().to_iter_dataset().batch(128)`. All members
    of a population see the same batches, and each process of a run reads all of them.

    A checkpoint holds how far training has read. An iterator with `get_state` and `set_state`, as
    all of Grain's have, is set to where it was. Any other is begun afresh, and reads again what
    had been seen. So a resumed run is the same bit for bit if a new iterator delivers the same
    batches again: seed what it draws inside the function.

    Args:
        train: the batches of training, the iterator finite or not.
        validation: a finite iterator; None for none, and then the last state is kept instead of
            the best.
        test: likewise.
        input_dim: D; 1 where inputs are whole numbers to be embedded.
        output_dim: K: classes, or numbers of a target.
        per_step: whether targets are one a step; else they are one a sequence.
        metric: what validation chooses by: "loss", the least, or, of classes, "accuracy".

    Raises:
        TypeError: if a part is no function and no iterable.
        ValueError: if it is an iterator, which can be read but once; and while it is read, if
            batches do not fit what is said of them.

    Example:
        >>> import numpy as np
        >>> def draw():
        ...     random = np.random.default_rng(0)  # in here: a new iterator draws the same again
        ...     while True:
        ...         xs = random.normal(size=(32, 10, 3))
        ...         yield xs, xs.sum((1, 2)) > 0
        >>> task = Streamed(draw, input_dim=3, output_dim=2, metric="accuracy")
        >>> task.source("train", batch_size=16).take(step=0, count=4).examples.inputs.shape
        (4, 16, 10, 3)
    """

    def __init__(
        self,
        train: Deliveries,
        validation: Deliveries | None = None,
        test: Deliveries | None = None,
        *,
        input_dim: int,
        output_dim: int,
        per_step: bool = False,
        metric: str = "loss",
    ):
        given = zip(PARTS, (train, validation, test), strict=True)
        self._parts = {part: _begin(part, data) for part, data in given if data is not None}
        self._input_dim, self._output_dim = input_dim, output_dim
        self.per_step, self.metric = per_step, metric

    def __repr__(self) -> str:
        return f"Streamed(input_dim={self.input_dim}, output_dim={self.output_dim})"

    @property
    def input_dim(self) -> int:
        """D."""
        return self._input_dim

    @property
    def output_dim(self) -> int:
        """K."""
        return self._output_dim

    def source(self, part: Part, batch_size: int) -> Feed | None:
        """Returns the batches of a part from the first one on, None where it was not given."""
        begin = self._parts.get(part)
        if begin is None:
            return None

        def check(delivery: Any) -> Examples:
            examples = check_examples(part, delivery)
            check_sizes(part, examples, self)
            return examples

        return Feed(lambda: Stream(part, begin, check), AsBatch(self.per_step), batch_size)


def _begin(part: Part, data: Any) -> Callable[[], Iterator[Any]]:
    """Returns what begins an iterator."""
    if callable(data):
        begin: Any = data
        return lambda: iter(begin())
    if not isinstance(data, Iterable):
        raise TypeError(f"{part} is a function that returns an iterator of batches; got {data!r}")
    if isinstance(data, Iterator):
        raise ValueError(
            f"{part} is an iterator, which can be read only once: give a function that makes one"
        )
    return lambda: iter(data)
