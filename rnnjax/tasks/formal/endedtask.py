"""What tasks share whose answer says where it ends."""

import abc
import dataclasses

import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch, accuracy
from rnnjax.tasks.formal.stringtask import Strings, StringTask
from rnnjax.typing import Array, Key

_END = 2


class EndedTask(StringTask):
    """Read a string, then answer with zeros and ones, of which the string decides how many.

    A symbol of its own, 2, ends the answer, and zeros fill the steps that are left:

        inputs   a b c d ? ? ? ? ?
        targets  . . . . 1 0 2 0 0      dots do not count

    Attributes:
        padding: whether the loss counts the zeros after an end, as in the paper; the accuracy does
            not.
    """

    padding: bool = dataclasses.field(default=True, kw_only=True)

    @property
    def classes(self) -> int:
        """Zeros, ones and the end."""
        return 3

    @abc.abstractmethod
    def answered(self, key: Key, size: Array | int) -> tuple[Array, Array, Array]:
        """Draws a string.

        Returns:
            The string, its answer `[answers_of(length)]` without an end, and of how many symbols
            that is.
        """

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a string, and closes its answer."""
        text, answer, count = self.answered(key, size)
        at = jnp.arange(len(answer))
        closed = jnp.where(at < count, answer, jnp.where(at == count, _END, 0))
        return Strings(text, closed, None if self.padding else at <= count)

    def chances_of(self, ones: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Returns `chances`, of how likely a one and the end are at the places of an answer."""
        after = np.cumsum(ends) - ends
        zeros = np.maximum(1 - ones - ends - after, 0) + (after if self.padding else 0)
        return np.stack([zeros, ones, ends], axis=-1)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of the symbols that are right, each answer's end the last of them."""
        ends = (batch.targets == _END) & batch.mask
        ended = jnp.cumsum(ends, axis=0) - ends > 0
        return {"accuracy": accuracy(outputs, batch.targets, batch.mask & ~ended)}
