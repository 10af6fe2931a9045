"""Tomita's seven languages of zeros and ones."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.formal.automata import Automaton, walks
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key

AUTOMATA = (
    Automaton((1, 1), (0, 1), (0,)),
    Automaton((2, 0, 2), (1, 2, 2), (0,)),
    Automaton((0, 3, 3, 2, 4), (1, 0, 2, 4, 4), (0, 1, 2)),
    Automaton((1, 2, 3, 3), (0, 0, 0, 3), (0, 1, 2)),
    Automaton((1, 0, 3, 2), (2, 3, 0, 1), (0,)),
    Automaton((1, 2, 0), (2, 0, 1), (0,)),
    Automaton((0, 2, 2, 4, 4), (1, 1, 3, 3, 4), (0, 1, 2, 3)),
)


class Tomita(SizedTask):
    """Say whether a string of zeros and ones is in one of Tomita's languages.

    1. There is no 0.
    2. 10 again and again.
    3. No odd run of ones has an odd run of zeros anywhere after it.
    4. There is no 000.
    5. Both zeros and ones are even in number.
    6. The numbers of zeros and of ones differ by a multiple of three.
    7. Zeros, ones, zeros, ones, of each any number, none included.

    With the fourth:

        inputs   0 1 0 0 0 1
        targets  1 1 1 1 0 0      the last alone counts, unless `prefixes` is set

    Half of the strings of each length are in the language, unless all of that length are or none;
    all accepted ones of a length are equally likely, and so are all rejected ones. The languages
    are regular: an automaton with two to five states decides each.

    Attributes:
        number: of the language, 1 to 7.
        length: symbols of a string, the most in training.
        prefixes: whether an answer counts at each step, about what was read so far.
        shortest: fewest symbols of a string in training; none for strings that all have the most.

    References:
        Tomita (1982), Dynamic construction of finite-state automata from examples using
        hill-climbing, CogSci.
        Weiss, Goldberg & Yahav (2018), Extracting automata from recurrent neural networks using
        queries and counterexamples, ICML, arXiv:1711.09576 (lengths to 30; there strings that occur
        among random ones, of some lengths, shorter ones first). The third language is theirs; some
        code rejects an odd run of zeros only just after an odd run of ones.

    Example:
        >>> task = Tomita(4, length=6, shortest=None, prefixes=True)
        >>> batch = task.sample(jax.random.key(1), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[:, 0].tolist()
        ([0, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0])
    """

    number: int = 4
    length: int = 30
    prefixes: bool = dataclasses.field(default=False, kw_only=True)
    shortest: int | None = dataclasses.field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses other numbers.

        Raises:
            ValueError: if `number` is not 1 to 7, or see `SizedTask`.
        """
        super().__post_init__()
        if not 1 <= self.number <= len(AUTOMATA):
            raise ValueError(f"{self}: number must be from 1 to {len(AUTOMATA)}")

    @property
    def input_dim(self) -> int:
        """A 0 and a 1, one-hot."""
        return 2

    @property
    def output_dim(self) -> int:
        """Out or in."""
        return 2

    @property
    def automaton(self) -> Automaton:
        """What decides the language."""
        return AUTOMATA[self.number - 1]

    @property
    def baseline(self) -> float:
        """The entropy of the answer given the last symbol and its step.

        The joint distribution of the automaton's state and the symbol is carried from step to step,
        for strings of each length inside and outside the language.
        """
        automaton = self.automaton
        ones, share = walks(automaton, self.length)
        shares = np.stack([1 - share, share])
        found = np.zeros((self.length, 2, 2))  # how likely a step, its symbol, and the answer
        for size in self.sizes:
            for label in range(2):
                states = np.eye(len(automaton.after))[0] * shares[label, size]
                for t in range(size):
                    chance = ones[label, size - t]
                    drawn = np.stack([states * (1 - chance), states * chance], 1)
                    states = np.zeros_like(states)
                    for symbol in range(2):
                        reached = automaton.after[:, symbol]
                        np.add.at(states, reached, drawn[:, symbol])
                        if self.prefixes or t == size - 1:
                            answers = automaton.accepts[reached].astype(int)
                            np.add.at(found[t, symbol], answers, drawn[:, symbol])
        sums = np.broadcast_to(found.sum(-1, keepdims=True), found.shape)
        there = found > 0
        return float((found[there] * np.log(sums[there] / found[there])).sum() / found.sum())

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a string that is, or is not, in the language."""
        automaton = self.automaton
        ones, share = map(jnp.asarray, walks(automaton, self.length))
        after, accepts = jnp.asarray(automaton.after), jnp.asarray(automaton.accepts)
        t = jnp.arange(self.length)
        draws = jax.random.uniform(key, (self.length + 1,))
        label = (draws[-1] < share[size]).astype(int)
        chances = ones[label][jnp.maximum(size - t, 0)]  # [T, states]

        def read(state: Array, drawn: tuple[Array, Array]) -> tuple[Array, tuple[Array, Array]]:
            chance, draw = drawn
            bit = (draw < chance[state]).astype(int)
            state = after[state, bit]
            return state, (bit, accepts[state].astype(int))

        _, (bits, answers) = jax.lax.scan(read, jnp.zeros_like(label), (chances, draws[:-1]))
        counts = jnp.full(self.length, True) if self.prefixes else t == size - 1
        return Batch(jax.nn.one_hot(bits, 2), answers, counts)
