"""The copying problem."""

import math

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, accuracy
from rnnjax.tasks.memory.copytask import CopyTask
from rnnjax.tasks.memory.pooled import pooled
from rnnjax.typing import Array, Key


class Copying(CopyTask):
    """Repeat ten symbols after a long silence.

    Ten symbols come first, each one of eight; then `delay` steps, blanks but for the last, which is
    a marker; then ten blanks. Wanted are blanks, and from the step after the marker on the ten
    symbols. With three symbols and a delay of 4:

        inputs   c a f _ _ _ : _ _ _
        targets  _ _ _ _ _ _ _ c a f

    Attributes:
        delay: silent steps, the marker's among them; the most in training.
        symbols: how many there are to repeat.
        alphabet: how many different symbols there are.

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9.
        Arjovsky, Shah & Bengio (2016), Unitary evolution recurrent neural networks, ICML,
        arXiv:1511.06464, section 5.1 (this form).

    Example:
        >>> batch = Copying(delay=4, symbols=3, alphabet=5).sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist()  # 0 is the blank, 6 the marker
        [2, 2, 3, 0, 0, 0, 6, 0, 0, 0]
        >>> batch.targets[:, 0].tolist()
        [0, 0, 0, 0, 0, 0, 0, 2, 2, 3]
    """

    delay: int = 100
    symbols: int = 10
    alphabet: int = 8

    size_field = "delay"

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T, `delay + 2 * symbols`."""
        return size + 2 * self.symbols

    @property
    def baseline(self) -> float:
        """`symbols * ln(alphabet) / T`; where delays vary, T is the mean.

        Without memory the blanks are certain, since the number of the step tells when they end, and
        each of the ten symbols is a guess out of eight.
        """
        guesses = self.symbols * math.log(self.alphabet)
        return pooled(self, lambda delay: (guesses, delay + 2 * self.symbols))

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence; class 0 is the blank, the alphabet follows."""
        message = jax.random.randint(key, (self.symbols,), 1, self.alphabet + 1)
        silence = jnp.zeros(self.steps_of(self.delay), message.dtype)
        first, marker = self.symbols + size, self.alphabet + 1
        shown = silence.at[: self.symbols].set(message).at[first - 1].set(marker)
        targets = jax.lax.dynamic_update_slice(silence, message, (first,))
        return Batch(jax.nn.one_hot(shown, self.input_dim), targets, jnp.ones(len(targets), bool))

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of the symbols, blanks left out, that come back right."""
        return {"accuracy": accuracy(outputs, batch.targets, batch.mask & (batch.targets > 0))}
