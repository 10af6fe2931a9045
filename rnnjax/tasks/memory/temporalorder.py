"""The temporal order problem."""

import dataclasses
import math
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.memory.pooled import nominal_length
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key

# Where the marks are, from and to, in hundredths of the length, by form and how many there are.
_PLACES = {
    ("1997", 2): ((10, 20), (50, 60)),
    ("1997", 3): ((10, 20), (33, 43), (66, 76)),
    ("2013", 2): ((10, 20), (50, 60)),
    ("short", 2): ((6, 24), (50, 80)),
    ("short", 3): ((6, 18), (36, 52), (66, 80)),
}
_FILLERS, _FIRST, _LAST = 4, 6, 7


class TemporalOrder(SizedTask):
    """Say which marks there were, X or Y each, and in which order.

    All else is a, b, c or d, which say nothing, between a symbol that begins the sequence, E, and
    one that ends it, B. At the end one of the four orders XX, XY, YX, YY is wanted, classes 0 to 3
    in this order; with three marks one of eight.

        E a X b d c Y a c B      wanted at the last step: 1, for XY

    Sequences of 1997 have T to T + T / 10 steps; of each hundred of T the marks are on steps 10 to
    20 and 50 to 60, or, if they are three, 10 to 20, 33 to 43 and 66 to 76. The form "2013" has
    neither E nor B, and its marks are on 10 to 19 and 50 to 59. The form "short", made for 50
    steps, has B at the beginning and E at the end, and marks on 3 to 12 and 25 to 40, or 3 to 9, 18
    to 26 and 33 to 40. Inputs are one-hot: a, b, c, d, X, Y, what begins, what ends.

    Attributes:
        length: steps of a sequence, the most in training.
        shortest: the fewest in training, by default those of the 1997 paper; none for sequences
            that all have the most, as the forms "2013" and "short" have them.
        marks: how many there are, 2 or 3.
        form: "1997", "2013" or "short".

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9, section 5.6
        (the form "1997", tasks 6a and 6b).
        Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks,
        ICML, arXiv:1211.5063 (the form "2013").
        github.com/cybertronai/schmidhuber-problems, temporal-order-3bit and -4bit (the form
        "short").

    Example:
        >>> batch = TemporalOrder(20, shortest=None).sample(jax.random.key(0), batch_size=1)
        >>> "".join("abcdXYEB"[i] for i in batch.inputs[:, 0].argmax(-1))
        'EaaXbcaccadbXbbcbbbB'
        >>> batch.targets[-1, 0].item()
        0
    """

    length: int = 110
    marks: int = 2
    form: Literal["1997", "2013", "short"] = dataclasses.field(default="1997", kw_only=True)
    shortest: int | None = dataclasses.field(default=100, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses marks that no form has.

        Raises:
            ValueError: if there are neither two nor three, or not so many in this form; or see
                `SizedTask`.
        """
        super().__post_init__()
        if (self.form, self.marks) not in _PLACES:
            most = "2" if self.form == "2013" else "2 or 3"
            raise ValueError(f"{self}: marks must be {most} in the form {self.form}")

    @property
    def smallest(self) -> int:
        """Twenty, so that all marks have a place of their own."""
        return 20

    @property
    def input_dim(self) -> int:
        """Four symbols that say nothing, two marks, and what begins and ends a sequence."""
        return _FIRST if self.form == "2013" else _LAST + 1

    @property
    def output_dim(self) -> int:
        """The orders, `2**marks`."""
        return 2**self.marks

    @property
    def baseline(self) -> float:
        """`marks * ln 2`: all orders are equally likely, and the end says nothing."""
        return self.marks * math.log(2)

    def places(self, size: Array | int) -> tuple[Array, Array]:
        """Returns the first and the last step on which each mark can be, both `[marks]`."""
        first, last = np.transpose(_PLACES[self.form, self.marks])
        hundred = jnp.asarray(nominal_length(self, size) if self.form == "1997" else size)
        return hundred * first // 100, hundred * last // 100 - (self.form == "2013")

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        words, t = draw_words(key, self.length + 2 * self.marks), jnp.arange(self.length)
        shown = below(words[: self.length], _FILLERS)
        if self.form != "2013":
            shown = jnp.where(t == 0, _FIRST, jnp.where(t == size - 1, _LAST, shown))
        which, where = words[self.length :].reshape(2, -1)
        marks, (first, last) = below(which, 2), self.places(size)
        places = first + below(where, last + 1 - first)
        shown = shown.at[places].set(_FILLERS + marks)
        order = marks @ 2 ** jnp.arange(self.marks)[::-1]
        targets = jnp.broadcast_to(order, t.shape)
        return Batch(jax.nn.one_hot(shown, self.input_dim), targets, t == size - 1)
