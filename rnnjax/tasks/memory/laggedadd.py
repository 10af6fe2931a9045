"""The Add task: a coin whose odds depend on bits at two lags."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch, masked_mean
from rnnjax.tasks.generated import WindowedTask
from rnnjax.typing import Array, Key


class LaggedAdd(WindowedTask):
    """Tell the odds of a coin from the random bits of `first` and of `second` steps ago.

        p_t = 0.5 + 0.5 x_{t-first} - 0.25 x_{t-second}

    Inputs are `[x, 1 - x]`, targets the odds themselves, `[p, 1 - p]`, the loss is their
    cross-entropy. It says how far back a network has learned to look: 0.6616 without memory, 0.5192
    with the bit at the first lag alone, 0.6277 with that at the second alone, 0.4545 with both.
    Made for learning at every step, with a window of 1.

    Attributes:
        first: steps to the bit that raises the odds.
        second: steps to the bit that lowers them.
        length: steps of a whole series.
        window: steps of a window.

    References:
        Marschall, Cho & Savin (2020), A unified framework of online learning algorithms for
        training recurrent neural networks, JMLR 21, arXiv:1907.02649.

    Example:
        >>> batch = LaggedAdd(1, 2, length=5, window=5).sample(jax.random.key(0), batch_size=1)
        >>> bits, odds = batch.inputs[:, 0, 0], batch.targets[:, 0, 0]
        >>> bool((odds[2:] == 0.5 + 0.5 * bits[1:-1] - 0.25 * bits[:-2]).all())
        True
    """

    first: int = 5
    second: int = 9
    length: int = 10_000
    window: int = 1

    def __post_init__(self) -> None:
        """Refuses a series that ends before both lags.

        Raises:
            ValueError: if not `1 <= first`, `1 <= second`, both less than `length`, they are the
                same, or not `1 <= window <= length`.
        """
        super().__post_init__()
        if not (1 <= self.first < self.length and 1 <= self.second < self.length):
            raise ValueError(f"{self}: needs 1 <= first, second < length")
        if self.first == self.second:
            raise ValueError(f"{self}: needs two lags")
        if not 1 <= self.window <= self.length:
            raise ValueError(f"{self}: needs 1 <= window <= length")

    @property
    def input_dim(self) -> int:
        """A bit and its opposite."""
        return 2

    @property
    def output_dim(self) -> int:
        """Heads and tails."""
        return 2

    @property
    def baseline(self) -> float:
        """The entropy of the mean odds, 0.625: that of a coin of which nothing is known."""
        return float(_entropy(np.asarray(0.625)))

    def floor(self, lags: int = 2) -> float:
        """Returns the loss of one who knows the bit at the first lag (1), or at both (2).

        Example:
            >>> [round(LaggedAdd().floor(lags), 4) for lags in (1, 2)]
            [0.5192, 0.4545]
        """
        first, second = np.meshgrid([0.0, 1.0], [0.0, 1.0])
        odds = 0.5 + 0.5 * first - 0.25 * second
        return float(_entropy(odds if lags == 2 else odds.mean(axis=0)).mean())

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` series."""
        bits = jax.random.bernoulli(key, 0.5, (self.length, batch_size)).astype(float)
        step = jnp.arange(self.length)[:, None]
        odds = 0.5 + 0.5 * jnp.roll(bits, self.first, 0) - 0.25 * jnp.roll(bits, self.second, 0)
        there = jnp.broadcast_to(step >= max(self.first, self.second), bits.shape)
        odds = jnp.where(there, odds, 0.5)
        return Batch(jnp.stack([bits, 1 - bits], -1), jnp.stack([odds, 1 - odds], -1), there)

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Returns the mean cross-entropy, in nats, of the odds."""
        nats = -jnp.sum(batch.targets * jax.nn.log_softmax(outputs), axis=-1)
        return masked_mean(nats, batch.mask)


def _entropy(p: np.ndarray) -> np.ndarray:
    """Returns the entropy of coins, in nats."""
    some = [-q * np.log(q, out=np.zeros_like(q), where=q > 0) for q in (p, 1 - p)]
    return some[0] + some[1]
