"""Automata that read zeros and ones, and strings that they accept or reject."""

import functools
from typing import NamedTuple

import numpy as np


class Automaton(NamedTuple):
    """A deterministic automaton, which begins in state 0.

    Attributes:
        after_0: the state after a 0, for each state.
        after_1: the state after a 1.
        accepting: the states in which a string may end.

    Example:
        >>> Automaton((0, 1), (1, 0), (0,)).accepted(3)[:, 0]  # strings with an even number of ones
        array([1, 1, 2, 4], dtype=object)
    """

    after_0: tuple[int, ...]
    after_1: tuple[int, ...]
    accepting: tuple[int, ...]

    @property
    def after(self) -> np.ndarray:
        """The state after each symbol, `[states, 2]`."""
        return np.stack([self.after_0, self.after_1], 1)

    @property
    def accepts(self) -> np.ndarray:
        """Whether a string may end in each state."""
        return np.isin(np.arange(len(self.after_0)), self.accepting)

    def accepted(self, length: int) -> np.ndarray:
        """Returns how many strings are accepted, Python's numbers `[length + 1, states]`.

        They are counted for each length, and each state in which the automaton may begin.
        """
        counts = [self.accepts.astype(int).astype(object)]
        for _ in range(length):
            counts.append(counts[-1][self.after].sum(1))
        return np.stack(counts)


@functools.lru_cache
def walks(automaton: Automaton, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the probabilities by which rejected and accepted strings are drawn uniformly.

    Returns:
        The probability `[2, length + 1, states]` that the next symbol is a 1, in a rejected and in
        an accepted string, by how many symbols are still to come and by the state; 0 where there is
        no such string. And the probability `[length + 1]` that a string of each length is to be an
        accepted one: 1/2, or 0 or 1 where all strings of that length are rejected or accepted.
    """
    accepted = automaton.accepted(length)
    everything = np.array([2**n for n in range(length + 1)], object)[:, None]
    counts = np.stack([everything - accepted, accepted])
    ones = np.zeros(counts.shape)
    with_one = counts[:, :-1][..., automaton.after[:, 1]]
    there = counts[:, 1:] > 0
    ones[:, 1:][there] = (with_one[there] / counts[:, 1:][there]).astype(float)
    possible = counts[:, :, 0] > 0
    return ones, np.where(possible.all(0), 0.5, possible[1])
