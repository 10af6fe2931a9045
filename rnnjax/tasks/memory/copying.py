"""The copying problem."""

import math

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, accuracy
from rnnjax.tasks.generated import GeneratedTask
from rnnjax.typing import Array, Key


class Copying(GeneratedTask):
    """Repeat ten symbols after a long silence.

    Ten symbols out of eight come first, then `delay` blanks of which the last is a marker instead,
    then ten blanks. Wanted are blanks, and from the step after the marker on the ten symbols.
    With three symbols and a delay of 4:

        inputs   c a f _ _ _ : _ _ _
        targets  _ _ _ _ _ _ _ c a f

    Attributes:
        delay: silent steps, the marker's among them.
        symbols: how many there are to repeat.
        alphabet: of how many different ones.

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9.
        Arjovsky, Shah & Bengio (2016), Unitary evolution recurrent neural networks, ICML,
        arXiv:1511.06464, section 5.1 (this form).

    Example:
        >>> batch = Copying(delay=4, symbols=3, alphabet=5).sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist()  # 0 is the blank, 6 the marker
        [5, 1, 3, 0, 0, 0, 6, 0, 0, 0]
        >>> batch.targets[:, 0].tolist()
        [0, 0, 0, 0, 0, 0, 0, 5, 1, 3]
    """

    delay: int = 100
    symbols: int = 10
    alphabet: int = 8

    def __post_init__(self) -> None:
        """Refuses sequences without a symbol or a marker.

        Raises:
            ValueError: if a size is below 1.
        """
        if min(self.delay, self.symbols, self.alphabet) < 1:
            raise ValueError(f"{self}: delay, symbols and alphabet must be 1 or more")

    @property
    def length(self) -> int:
        """T, `delay + 2 * symbols`."""
        return self.delay + 2 * self.symbols

    @property
    def input_dim(self) -> int:
        """The alphabet, the blank and the marker, one-hot."""
        return self.alphabet + 2

    @property
    def output_dim(self) -> int:
        """The alphabet and the blank."""
        return self.alphabet + 1

    @property
    def baseline(self) -> float:
        """`symbols * ln(alphabet) / T`.

        Without memory the blanks are still certain, since the marker tells when they end, and each
        of the ten symbols is a guess out of eight.
        """
        return self.symbols * math.log(self.alphabet) / self.length

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` sequences; class 0 is the blank, the alphabet follows."""
        message = jax.random.randint(key, (self.symbols, batch_size), 1, self.alphabet + 1)
        silence = jnp.zeros((self.delay + self.symbols, batch_size), message.dtype)
        marker = self.alphabet + 1
        classes = jnp.concatenate([message, silence.at[self.delay - 1].set(marker)])
        targets = jnp.concatenate([silence, message])
        return Batch(
            inputs=jax.nn.one_hot(classes, self.input_dim),
            targets=targets,
            mask=jnp.ones(targets.shape, bool),
        )

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of the symbols, blanks left out, that come back right."""
        return {"accuracy": accuracy(outputs, batch.targets, batch.mask & (batch.targets > 0))}
