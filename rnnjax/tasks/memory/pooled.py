"""Means over sequences of all sizes, for baselines."""

from collections.abc import Callable

import jax.numpy as jnp

from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array


def pooled(task: SizedTask, loss_of: Callable[[int], tuple[float, float]]) -> float:
    """Returns the mean loss of a step that counts, over the sizes that training has.

    It is that of a guess that knows the size of its sequence, and so where in it a step is.

    Args:
        task: whose sizes they are, each equally likely.
        loss_of: for a size, the losses of a sequence added up and how many of its steps count.

    Example:
        >>> from rnnjax.tasks import Copying
        >>> pooled(Copying(delay=3, shortest=2), lambda delay: (1.0, delay))
        0.4
    """
    least = task.size if task.shortest is None else task.shortest
    losses, counts = zip(*map(loss_of, range(least, task.size + 1)), strict=True)
    return float(sum(losses) / sum(counts))


def nominal_length(task: SizedTask, size: Array | int) -> Array | int:
    """Returns T of a sequence of `size` steps, of those that have from T to T + T / 10.

    So Hochreiter & Schmidhuber (1997) vary lengths. Where training has such lengths, T is the
    least; longer ones, and those of a wider range, are taken to be the longest of their T.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> [int(nominal_length(Adding(110, shortest=100), size)) for size in (100, 105, 110)]
        [100, 100, 100]
    """
    if task.shortest is None:
        return size
    return jnp.maximum(task.shortest, size * 10 // 11)
