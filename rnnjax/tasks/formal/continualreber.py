"""The continual embedded Reber grammar: strings without end, and nothing says when to forget."""

import jax

from rnnjax.batch import Batch
from rnnjax.tasks.formal.embeddedreber import CONTINUAL, SYMBOLS, outer_accuracy
from rnnjax.tasks.generated import WindowedTask
from rnnjax.typing import Array, Key


class ContinualReber(WindowedTask):
    """Predict the next letter where strings of the embedded Reber grammar follow one another.

        inputs   B T B P V V E T E B P B T X S E P E
        targets  T B P V V E T E B P B T X S E P E B

    The strings are those of `EmbeddedReber`, in one long series that is cut into windows. The state
    is carried from window to window and never reset: the network itself has to forget a string when
    the next one begins. With the grammar known the loss is `7 ln 2 / 12 = 0.404`; without memory of
    the second letter of each string it is `8 ln 2 / 12 = 0.462`.

    Attributes:
        length: steps of a whole series.
        window: steps of a window, by default about six strings.

    References:
        Gers, Schmidhuber & Cummins (2000), Learning to forget: continual prediction with LSTM,
        Neural Computation 12.

    Example:
        >>> batch = ContinualReber(20, window=10).sample(jax.random.key(0), batch_size=1)
        >>> "".join("BTPSXVE"[i] for i in batch.inputs[:, 0].argmax(-1))
        'BTBPTVVETEBPBTSSSSSX'
        >>> "".join("BTPSXVE"[i] for i in batch.targets[:, 0])
        'TBPTVVETEBPBTSSSSSXS'
    """

    length: int = 7500
    window: int = 75

    metric = "accuracy"

    def __post_init__(self) -> None:
        """Refuses windows that do not fit.

        Raises:
            ValueError: if not `1 <= window <= length`.
        """
        super().__post_init__()
        if not 1 <= self.window <= self.length:
            raise ValueError(f"{self}: needs 1 <= window <= length")

    @property
    def input_dim(self) -> int:
        """The letters B, T, P, S, X, V and E, one-hot."""
        return len(SYMBOLS)

    @property
    def output_dim(self) -> int:
        """The same letters."""
        return len(SYMBOLS)

    @property
    def baseline(self) -> float:
        """The cross-entropy given the letter that is seen."""
        return CONTINUAL.loss_by_symbol

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` series."""
        letters = CONTINUAL.streams(key, batch_size, self.length + 1)
        inputs = jax.nn.one_hot(letters[:-1], self.input_dim)
        return Batch(inputs, letters[1:], letters[1:] >= 0)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The accuracy at the letters that repeat the second one of their string."""
        return {"accuracy": outer_accuracy(outputs, batch)}
