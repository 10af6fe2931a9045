"""The delay task: a signal, later."""

import dataclasses
import math
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key

_RMS = 0.5


class Delay(SizedTask):
    """Say the numbers of a signal again `delay` steps later.

        inputs   .2 -.7  .1  .9 -.4
        targets   .   .  .2 -.7  .1      with a delay of 2; dots do not count

    The numbers are independent, uniform in [-1, 1]; or a white signal up to a highest frequency,
    waves of random size and phase whose root mean square is 0.5, moved so that it starts at 0.

    Attributes:
        length: steps of a sequence, the most in training.
        delay: steps from a number to its repetition.
        signal: "uniform", or "band" for the white signal.
        cutoff: the highest frequency of the white signal, in waves a step.

    References:
        Voelker, Kajić & Eliasmith (2019), Legendre memory units, NeurIPS (the white signal).
        Gu et al. (2023), How to train your HiPPO, ICLR, arXiv:2206.12037 (its continuous delay is
        the white signal; there the steps before the first repetition count as well, and want 0).

    Example:
        >>> batch = Delay(5, delay=2).sample(jax.random.key(0), batch_size=1)
        >>> bool((batch.targets[2:] == batch.inputs[:-2]).all()), batch.mask[:, 0].tolist()
        (True, [False, False, True, True, True])
    """

    length: int = 100
    delay: int = 10
    signal: Literal["uniform", "band"] = dataclasses.field(default="uniform", kw_only=True)
    cutoff: float = dataclasses.field(default=0.1, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses delays and signals that are not.

        Raises:
            ValueError: if `delay` is below 1, or the white signal has no wave or is faster than
                half a wave a step; or see `SizedTask`.
        """
        if self.delay < 1:
            raise ValueError(f"{self}: delay must be 1 or more")
        super().__post_init__()
        if self.signal == "band" and not 1 / self._period <= self.cutoff <= 0.5:
            raise ValueError(f"{self}: cutoff must be from 1 / {self._period} to 0.5")

    @property
    def smallest(self) -> int:
        """One repetition, that of a number which is not the first."""
        return self.delay + 2

    @property
    def input_dim(self) -> int:
        """A number."""
        return 1

    @property
    def output_dim(self) -> int:
        """A number."""
        return 1

    @property
    def _period(self) -> int:
        """Steps after which the white signal comes again, even and no fewer than there are."""
        return 2 * -(-self.length // 2)

    @property
    def _waves(self) -> np.ndarray:
        """How often each wave fits into the period: from once to as often as `cutoff` lets it."""
        fastest = math.floor(self.cutoff * self._period + 1e-9)
        return np.arange(1, min(fastest, self._period // 2 - 1) + 1)

    @property
    def baseline(self) -> float:
        """The variance of what is wanted, given what is seen: 1/3 for independent numbers.

        The white signal is normal, so that the best guess is linear: with `C` its covariance, a
        guess of `x[t - delay]` from `x[t]` leaves `C[s, s] - C[s, t]**2 / C[t, t]`, with
        `s = t - delay`. It is that of the waves, a function of the lag, moved by the first number.
        """
        if self.signal == "uniform":
            return 1 / 3
        least = self.length if self.shortest is None else self.shortest
        lags = 2 * np.pi / self._period * np.outer(np.arange(self.length), self._waves)
        of_lag = _RMS**2 * np.cos(lags).mean(1)
        t = np.arange(self.delay, self.length)
        variance = 2 * (of_lag[0] - of_lag)
        shared = of_lag[self.delay] - of_lag[t] - of_lag[t - self.delay] + of_lag[0]
        left = variance[t - self.delay] - shared**2 / variance[t]
        often = np.minimum(self.length - t, self.length - least + 1)  # how many sizes have a step
        return float(left @ often / often.sum())

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        del size
        if self.signal == "uniform":
            xs = jax.random.uniform(key, (self.length,), minval=-1)
        else:
            waves, period = self._waves, self._period
            parts = jax.random.normal(key, (2, len(waves)))
            scale = _RMS * period / 2 / math.sqrt(len(waves))
            half = jnp.zeros(period // 2 + 1, jnp.complex64)
            half = half.at[waves].set(scale * jax.lax.complex(*parts))
            xs = jnp.fft.irfft(half, period)[: self.length]
            xs = xs - xs[0]
        mask = jnp.arange(self.length) >= self.delay
        later = jnp.where(mask, jnp.roll(xs, self.delay), 0)
        return Batch(xs[:, None], later[:, None], mask)
