"""The flip-flop task."""

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, masked_mean
from rnnjax.tasks.draws import below, draw_words, happen
from rnnjax.tasks.memory.pooled import pooled
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key


class FlipFlop(SizedTask):
    """Say the sign of the last pulse of each input.

    Pulses are 1 or -1, equally likely; between them an input is 0. Every input starts with a pulse.
    With one input:

        inputs   +  0  0  -  0
        targets  +  +  +  -  -

    A network that has learned it has a fixed point for each setting of the bits, at the corners of
    a cube if there are three.

    Attributes:
        length: steps of a sequence, the most in training.
        bits: how many inputs there are, and outputs.
        pulse: the chance of a pulse, at each step of each input but the first step.

    References:
        Sussillo & Barak (2013), Opening the black box: low-dimensional dynamics in high-dimensional
        recurrent neural networks, Neural Computation 25 (in continuous time, with rarer pulses).
        Golub & Sussillo (2018), FixedPointFinder, Journal of Open Source Software 3 (the form of
        its example, and the defaults).

    Example:
        >>> batch = FlipFlop(5, bits=2).sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].T.astype(int).tolist()
        [[1, 1, 1, 0, 0], [1, 1, 0, 1, 1]]
        >>> batch.targets[:, 0].T.astype(int).tolist()
        [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]
    """

    length: int = 64
    bits: int = 3
    pulse: float = 0.5

    def __post_init__(self) -> None:
        """Refuses inputs without anything to remember.

        Raises:
            ValueError: if there is no input, or `pulse` is no chance between 0 and 1; or see
                `SizedTask`.
        """
        super().__post_init__()
        if self.bits < 1:
            raise ValueError(f"{self}: bits must be 1 or more")
        if not 0 < self.pulse < 1:
            raise ValueError(f"{self}: pulse must be between 0 and 1")

    @property
    def smallest(self) -> int:
        """Two, of which one may be silent."""
        return 2

    @property
    def input_dim(self) -> int:
        """The bits, as 1, -1 or 0."""
        return self.bits

    @property
    def output_dim(self) -> int:
        """The bits, as 1 or -1."""
        return self.bits

    @property
    def baseline(self) -> float:
        """`(1 - pulse) * (T - 1) / T`, had by repeating the input.

        A pulse says all; at a step without one, which the first never is, both signs are equally
        likely, and the best answer 0 is off by 1.
        """
        return pooled(self, lambda size: ((1 - self.pulse) * (size - 1), size))

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        del size
        words = draw_words(key, 2 * self.length * self.bits).reshape(2, self.length, self.bits)
        t = jnp.arange(self.length)[:, None]
        pulses = happen(words[0], self.pulse) | (t == 0)
        signs = 2.0 * below(words[1], 2) - 1
        last = jax.lax.cummax(jnp.where(pulses, t, 0))
        targets = jnp.take_along_axis(signs, last, axis=0)
        return Batch(jnp.where(pulses, signs, 0), targets, jnp.ones(self.length, bool))

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of the bits that have the right sign."""
        right = ((outputs > 0) == (batch.targets > 0)).astype(outputs.dtype)
        return {"accuracy": masked_mean(right.mean(-1), batch.mask)}
