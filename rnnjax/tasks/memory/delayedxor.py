"""Delayed exclusive or, of two pulses."""

import dataclasses

import jax.numpy as jnp

from rnnjax.batch import Batch, masked_mean
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.memory.pooled import pooled
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key


class DelayedXOR(SizedTask):
    """Say whether two pulses, one after the other, have the same sign.

    Silence, the first pulse, a delay, the second pulse, a wait, the response, silence. Wanted is 1
    during the response if the signs are the same, -1 if they are not, and 0 at all other steps.
    With a pulse of 2 steps, a delay of 1, a wait of 1 and a response of 3:

        first    0  +  +  0  0  0  0  0  0  0  0
        second   0  0  0  0  -  -  0  0  0  0  0
        targets  0  0  0  0  0  0  0  -  -  -  0

    Neither pulse alone says anything of the answer, which is the product of the signs: a linear
    function of the two is no better than a guess.

    Attributes:
        delay: steps between the pulses, the most in training.
        pulse: steps of a pulse.
        onset: steps before the first pulse.
        wait: steps between the second pulse and the response.
        response: steps in which the answer is wanted.
        after: steps after it.
        channels: 2, an input for each pulse, or 1 for both.

    References:
        Kim, Li & Sejnowski (2019), Simple framework for constructing functional spiking recurrent
        neural networks, PNAS 116 (the published code; steps of 5 ms).

    Example:
        >>> import jax
        >>> task = DelayedXOR(delay=1, pulse=2, onset=1, wait=1, response=3, after=1)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].T.astype(int).tolist()
        [[0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, -1, -1, 0, 0, 0, 0, 0]]
        >>> batch.targets[:, 0, 0].astype(int).tolist()
        [0, 0, 0, 0, 0, 0, 0, -1, -1, -1, 0]
    """

    delay: int = 10
    pulse: int = 50
    onset: int = 50
    wait: int = 10
    response: int = 100
    after: int = 30
    channels: int = dataclasses.field(default=2, kw_only=True)

    size_field = "delay"

    def __post_init__(self) -> None:
        """Refuses trials that are not.

        Raises:
            ValueError: if `pulse` or `response` is below 1, another part is negative, or there are
                neither 1 nor 2 channels; or see `SizedTask`.
        """
        super().__post_init__()
        for name, least in {"pulse": 1, "response": 1, "onset": 0, "wait": 0, "after": 0}.items():
            if getattr(self, name) < least:
                raise ValueError(f"{self}: {name} must be {least} or more")
        if self.channels not in (1, 2):
            raise ValueError(f"{self}: channels must be 1 or 2")

    @property
    def smallest(self) -> int:
        """Zero: the second pulse may follow at once."""
        return 0

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T, that of all parts."""
        return self.onset + 2 * self.pulse + size + self.wait + self.response + self.after

    @property
    def input_dim(self) -> int:
        """The channels."""
        return self.channels

    @property
    def output_dim(self) -> int:
        """One number."""
        return 1

    @property
    def baseline(self) -> float:
        """`response / T`, had by always answering 0: both signs are equally likely."""
        return pooled(self, lambda size: (self.response, float(self.steps_of(size))))

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        t = jnp.arange(self.steps_of(self.delay))
        signs = 2.0 * below(draw_words(key, 2), 2) - 1
        second = self.onset + self.pulse + size
        answer = second + self.pulse + self.wait
        place = t[:, None] - jnp.array([[self.onset, second]])
        pulses = jnp.where((place >= 0) & (place < self.pulse), signs[None], 0)
        asked = (t >= answer) & (t < answer + self.response)
        return Batch(
            inputs=pulses if self.channels == 2 else pulses.sum(-1, keepdims=True),
            targets=jnp.where(asked, signs.prod(), 0)[:, None],
            mask=jnp.ones(len(t), bool),
        )

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of trials whose output goes beyond 0.7 with the right sign.

        It may do so in the last seven tenths of the response; the authors count the silence after
        it as well.
        """
        said, wanted = (jnp.where(batch.mask, a[..., 0], 0) for a in (outputs, batch.targets))
        asked = wanted != 0
        late = asked & (asked.cumsum(0) > 3 * self.response // 10)
        right = (jnp.where(late, said * jnp.sign(wanted), 0).max(0) > 0.7).astype(said.dtype)
        return {"accuracy": masked_mean(right, batch.mask.any(0))}
