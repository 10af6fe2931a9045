"""Sums of sines."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.series.series import Forecast
from rnnjax.typing import Array, Key

FREQUENCIES = (0.2, 0.311, 0.42, 0.51, 0.63, 0.74, 0.85, 0.97)


class MultipleSines(Forecast):
    """Predict a sum of sines, the multiple superimposed oscillations (MSO).

        x_t = sin(0.2 t + p_1) + sin(0.311 t + p_2) + ...

    at whole t, of up to eight sines; the other frequencies are 0.42, 0.51, 0.63, 0.74, 0.85 and
    0.97. The published series has no phases; here each sequence has random ones of its own. A
    linear network with two units for each sine can predict it exactly.

    Attributes:
        sines: how many there are, the first of the eight; published are two and eight.

    References:
        Jaeger, Lukoševičius, Popovici & Siewert (2007), Optimization and applications of echo state
        networks with leaky-integrator neurons, Neural Networks 20 (two sines).
        Roeschies & Igel (2010), Structure optimization of reservoir networks, Logic Journal of the
        IGPL 18 (eight).

    Example:
        >>> x = MultipleSines(sines=1).sample(jax.random.key(0), batch_size=1).inputs[:, 0, 0]
        >>> bool(jnp.allclose(x[2:], 2 * jnp.cos(0.2) * x[1:-1] - x[:-2], atol=1e-4))
        True
    """

    sines: int = 8

    def __post_init__(self) -> None:
        """Refuses what is no number of the sines there are.

        Raises:
            ValueError: if `sines` is not from 1 to 8, or see `Forecast`.
        """
        super().__post_init__()
        if not 1 <= self.sines <= len(FREQUENCIES):
            raise ValueError(f"{self}: sines must be from 1 to {len(FREQUENCIES)}")

    @property
    def features(self) -> int:
        """One."""
        return 1

    @property
    def baseline(self) -> float:
        """`n / 2 (1 - r^2)` for n sines, r the mean of `cos(ahead w)` over their frequencies w.

        `ahead` steps later the sine of phase p is `sin(p) cos(ahead w) + cos(p) sin(ahead w)`.
        Given the sum of all sines, the expectation of each `sin(p)` is the n-th part of the sum, as
        all phases have the same distribution, and that of `cos(p)` is 0 by symmetry. So the best
        guess is r times the present value, which explains `r^2` of the variance `n / 2`.
        """
        r = float(np.cos(self.ahead * np.array(FREQUENCIES[: self.sines])).mean())
        return self.sines / 2 * (1 - r**2)

    def series(self, key: Key, steps: int) -> Array:
        """Draws phases, and the series that has them."""
        phases = jax.random.uniform(key, (self.sines,), maxval=2 * jnp.pi)
        angles = np.arange(steps)[:, None] * np.array(FREQUENCIES[: self.sines])
        turned = jnp.asarray(angles % (2 * np.pi), phases.dtype)
        return jnp.sin(turned + phases[None]).sum(-1, keepdims=True)
