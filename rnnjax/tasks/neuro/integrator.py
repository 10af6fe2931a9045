"""Integration of noise."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch, masked_mean
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key


class Integrator(SizedTask):
    """Say the sum so far of white noise, or at the end its sign.

    The noise of a sequence has the standard deviation `noise / sqrt(dt)`, and a mean of its own,
    `2 * bias * (e - 0.5)` with standard normal `e`: on average it is not 0 but `-bias`. Wanted is
    the sum of the inputs, not multiplied by dt:

        inputs    .10  -.20   .05   .15
        targets   .10  -.10  -.05   .10
        decides     .     .     .     1      dots do not count

    Attributes:
        length: steps of a sequence, the most in training.
        bias: what the mean of the noise is multiplied by, see above.
        noise: standard deviation of the noise in a unit of time.
        dt: units of time of a step.
        context: whether there are two such noises and two inputs more that say which one counts.
        decides: whether the sign of the sum is wanted, 1 or -1 at the last step, and not the sum.

    References:
        Sussillo & Barak (2013), Opening the black box: low-dimensional dynamics in high-dimensional
        recurrent neural networks, Neural Computation 25.
        Mante, Sussillo, Shenoy & Newsome (2013), Context-dependent computation by recurrent
        dynamics in prefrontal cortex, Nature 503 (with context).
        Sussillo et al. (2019), Computation through dynamics, the notebooks of google-research (the
        form). A tanh network of 100 units has there an error of 2e-5 after 10,000 updates, 2.4e-4
        with context; a GRU of as many that decides .0355.

    Example:
        >>> batch = Integrator(4).sample(jax.random.key(0), batch_size=1)
        >>> bool(jnp.allclose(batch.targets, jnp.cumsum(batch.inputs, axis=0)))
        True
    """

    length: int = 25
    bias: float = 0.01
    noise: float = 0.025
    dt: float = 0.04
    context: bool = False
    decides: bool = False

    def __post_init__(self) -> None:
        """Refuses noise that cannot be.

        Raises:
            ValueError: if `noise` or `dt` is not positive, or see `SizedTask`.
        """
        super().__post_init__()
        for name in ("noise", "dt"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{self}: {name} must be more than 0, not {getattr(self, name)}")

    @property
    def input_dim(self) -> int:
        """The noise; or two, and two contexts, one-hot."""
        return 4 if self.context else 1

    @property
    def output_dim(self) -> int:
        """The sum, or its sign."""
        return 1

    @property
    def deviation(self) -> float:
        """The standard deviation of the noise in a step."""
        return self.noise / math.sqrt(self.dt)

    @property
    def baseline(self) -> float:
        """The error of the best guess from the step's number and its input.

        Let the mean of the noise have the variance `B = 4 bias^2` and the noise of a step `S`. The
        sum `s` of t inputs has the variance `t^2 B + t S`, and with the last of them, `x`, the
        covariance `t B + S`. So, x known, the variance `v = t^2 B + t S - (t B + S)^2 / (B + S)`
        is left, and its mean over all steps that count is the error.

        Of the sign, of which `erf(m / sqrt(2 v))` is the best guess where m is the mean of s that
        is left, it is the mean of `1 - erf(m / sqrt(2 v))^2` over all x.
        """
        sizes = np.arange(self.length if self.shortest is None else self.shortest, self.length + 1)
        t = np.arange(1, self.length + 1.0)
        b, s = 4 * self.bias**2, self.deviation**2
        explained = (t * b + s) ** 2 / (b + s)
        left = np.maximum(t**2 * b + t * s - explained, 1e-12 * s)
        if not self.decides:
            sums = np.cumsum(left)[sizes - 1]
            return float(sums.sum() / sizes.sum())
        points, weights = np.polynomial.hermite_e.hermegauss(99)
        means = -self.bias * t[:, None] + np.sqrt(explained)[:, None] * points[None]
        guesses = np.vectorize(math.erf)(means / np.sqrt(2 * left)[:, None])
        errors = 1 - guesses**2 @ weights / weights.sum()
        return float(errors[sizes - 1].mean())

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        key_bias, key_noise, key_context = jax.random.split(key, 3)
        sources = 2 if self.context else 1
        mean = 2 * self.bias * (jax.random.normal(key_bias, (1, sources)) - 0.5)
        inputs = mean + self.deviation * jax.random.normal(key_noise, (self.length, sources))
        which = jnp.zeros((), int)
        shown = [inputs]
        if self.context:
            which = jax.random.randint(key_context, (), 0, 2)
            shown.append(jnp.broadcast_to(jax.nn.one_hot(which, 2), inputs.shape))
        sums = jnp.cumsum(jnp.take(inputs, which, axis=1))[:, None]
        t = jnp.arange(self.length)
        if self.decides:
            targets, mask = jnp.where(sums > 0, 1.0, -1.0), t == size - 1
        else:
            targets, mask = sums, t < size
        return Batch(jnp.concatenate(shown, axis=-1), targets, mask)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of right signs, of those that decide."""
        if not self.decides:
            return {}
        right = (outputs > 0) == (batch.targets > 0)
        return {"accuracy": masked_mean(right[..., 0].astype(outputs.dtype), batch.mask)}
