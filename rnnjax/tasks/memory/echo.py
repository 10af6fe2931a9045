"""The echo problem."""

import math

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.generated import WindowedTask
from rnnjax.typing import Key


class Echo(WindowedTask):
    """Say each random bit again `delay` steps later.

        inputs   1 0 0 1 1 1 0
        targets  . . . 1 0 0 1      with a delay of 3; dots do not count

    A sequence is a long series, made for truncated backpropagation through time: it is cut in
    windows, and the state is carried from each to the next. An echo may be that of a bit in the
    window before.

    Attributes:
        delay: steps from a bit to its echo.
        length: steps of a whole series.
        window: steps of a window.

    References:
        Williams & Peng (1990), An efficient gradient-based algorithm for on-line training of
        recurrent network trajectories, Neural Computation 2 (the truncation).

    Example:
        >>> batch = Echo(delay=3, length=7, window=7).sample(jax.random.key(0), batch_size=1)
        >>> bits, echoes = batch.inputs[:, 0, 0], batch.targets[:, 0]
        >>> bool((echoes[3:] == bits[:-3]).all()), batch.mask[:, 0].astype(int).tolist()
        (True, [0, 0, 0, 1, 1, 1, 1])
    """

    delay: int = 3
    length: int = 10_000
    window: int = 15

    def __post_init__(self) -> None:
        """Refuses a series that ends before its first echo.

        Raises:
            ValueError: if not `1 <= delay < length` and `1 <= window <= length`, or no window
                reaches as far as the first echo.
        """
        super().__post_init__()
        if not 1 <= self.delay < self.length:
            raise ValueError(f"{self}: needs 1 <= delay < length")
        if not 1 <= self.window <= self.length:
            raise ValueError(f"{self}: needs 1 <= window <= length")
        if self.length // self.window * self.window <= self.delay:
            raise ValueError(f"{self}: there is no echo in whole windows of {self.window} steps")

    @property
    def input_dim(self) -> int:
        """A bit, as 0 or 1."""
        return 1

    @property
    def output_dim(self) -> int:
        """Two classes."""
        return 2

    @property
    def baseline(self) -> float:
        """`ln 2`: the bit that is wanted is independent of the one that is seen."""
        return math.log(2)

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` series."""
        bits = jax.random.bernoulli(key, 0.5, (self.length, batch_size)).astype(jnp.int32)
        heard = jnp.arange(self.length)[:, None] >= self.delay
        return Batch(
            inputs=bits[..., None].astype(float),
            targets=jnp.where(heard, jnp.roll(bits, self.delay, axis=0), 0),
            mask=jnp.broadcast_to(heard, bits.shape),
        )
