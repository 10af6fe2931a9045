"""Bias initializers as values, which know the gates by their names.

Each is called as `initializer(key, blocks, hidden)`, `blocks` the names of a cell's gates in their
order, and returns `[len(blocks) * hidden]`. By the names, f and z keep what a unit holds, i writes
to it; where a cell has i alone, it keeps as much as it does not write.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key, Static

BiasInitializer = Callable[[Key, tuple[str, ...], int], Array]


class Zeros(Static):
    """Biases of zero.

    Example:
        >>> Zeros()(jax.random.key(0), ("f", "n"), 2).tolist()
        [0.0, 0.0, 0.0, 0.0]
    """

    def __call__(self, key: Key, blocks: tuple[str, ...], hidden: int) -> Array:
        """Returns a vector `[len(blocks) * hidden]`."""
        del key
        return jnp.zeros(len(blocks) * hidden)


class Forget(Static):
    """Zero, but `value` in block f: at 1, memories are kept at first.

    References:
        Gers, Schmidhuber & Cummins (2000), Learning to forget, Neural Computation 12.
        Jozefowicz, Zaremba & Sutskever (2015), An empirical exploration of recurrent network
        architectures, ICML.

    Example:
        >>> Forget(1.0)(jax.random.key(0), ("f", "n"), 2).tolist()
        [1.0, 1.0, 0.0, 0.0]
    """

    value: float = 1.0

    def __post_init__(self) -> None:
        """Refuses what is no number.

        Raises:
            ValueError: if `value` is no finite number.
        """
        if not (isinstance(self.value, int | float) and math.isfinite(self.value)):
            raise ValueError(f"{self}: value must be a finite number")

    def __call__(self, key: Key, blocks: tuple[str, ...], hidden: int) -> Array:
        """Returns a vector `[len(blocks) * hidden]`.

        Raises:
            ValueError: if no block is named f.
        """
        del key
        if "f" not in blocks:
            raise ValueError(f"{self} needs a block f; the blocks are {', '.join(blocks)}")
        return _vector(blocks, hidden, f=jnp.full(hidden, self.value))


class RandomBiases(Static):
    """Independent normal biases of standard deviation `stddev`.

    Example:
        >>> RandomBiases(0.1)(jax.random.key(0), ("f", "n"), 2).shape
        (4,)
    """

    stddev: float = 1.0

    def __post_init__(self) -> None:
        """Refuses what is no deviation.

        Raises:
            ValueError: if `stddev` is no finite number of 0 or more.
        """
        if not (isinstance(self.stddev, int | float) and 0 <= self.stddev < math.inf):
            raise ValueError(f"{self}: stddev must be a finite number of 0 or more")

    def __call__(self, key: Key, blocks: tuple[str, ...], hidden: int) -> Array:
        """Draws a vector `[len(blocks) * hidden]`."""
        return self.stddev * jax.random.normal(key, (len(blocks) * hidden,))


class Chrono(Static):
    """Memories that last `1 + u` steps at first, u uniform between 1 and `t_max - 1`.

        b_f = log(u),  b_i = -b_f,  and the others zero

    `t_max` is the longest time over which something must be kept. A GRU's z does as f does. With i
    alone, which then is `1 - f`, only `b_i` is set; without i, only `b_f`.

    References:
        Tallec & Ollivier (2018), Can recurrent neural networks warp time?, ICLR,
        arXiv:1804.11188, section 2.

    Example:
        >>> b = Chrono(100)(jax.random.key(0), ("i", "f", "g", "o"), 2)
        >>> bool((b[:2] == -b[2:4]).all()), b[4:].tolist()
        (True, [0.0, 0.0, 0.0, 0.0])
    """

    t_max: float

    def __post_init__(self) -> None:
        """Refuses times too short to draw from.

        Raises:
            ValueError: if not `t_max > 2`.
        """
        if not 2 < self.t_max < float("inf"):
            raise ValueError(f"{self} needs t_max > 2")

    def __call__(self, key: Key, blocks: tuple[str, ...], hidden: int) -> Array:
        """Draws a vector `[len(blocks) * hidden]`.

        Raises:
            ValueError: if no block is named f, z or i.
        """
        if not {"f", "z", "i"}.intersection(blocks):
            raise ValueError(f"{self} needs a block f, z or i; the blocks are {', '.join(blocks)}")
        b_f = jnp.log(jax.random.uniform(key, (hidden,), minval=1.0, maxval=self.t_max - 1))
        return _vector(blocks, hidden, i=-b_f, **{"f" if "f" in blocks else "z": b_f})


def _vector(blocks: tuple[str, ...], hidden: int, **values: Array) -> Array:
    """Lays blocks side by side, zero where `values` has none."""
    return jnp.concatenate([values.get(name, jnp.zeros(hidden)) for name in blocks])
