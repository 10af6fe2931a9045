"""Grammars that are graphs: a string is a walk, and each edge on its way is a symbol."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.typing import Array, Key, Static


class Grammar(Static):
    """A graph of states in which each edge has a symbol; a walk begins in state 0.

    Attributes:
        symbols: a letter each, in the order of their numbers.
        edges: for each state its one or two edges, equally likely, as a letter and the next state;
            a walk ends in the state that is not here, `len(edges)`, or goes on for ever.

    Example:
        >>> grammar = Grammar("ab", ((("a", 0), ("b", 1)),))  # b, ab, aab and so on
        >>> grammar.within(3)[:, 0].tolist()  # of 0 to 3 symbols or fewer
        [0.0, 0.5, 0.75, 0.875]
    """

    symbols: str
    edges: tuple[tuple[tuple[str, int], ...], ...]

    @property
    def table(self) -> np.ndarray:
        """The symbol and the next state of each edge, `[states + 1, 2, 2]`; one edge counts twice.

        The end has edges to itself.
        """
        edges = [*self.edges, ((self.symbols[0], len(self.edges)),)]
        return np.array(
            [[(self.symbols.index(s), n) for s, n in (of[0], of[-1])] for of in edges], np.int32
        )

    def within(self, steps: int) -> np.ndarray:
        """Returns how likely a walk ends in 0 to `steps` symbols, `[steps + 1, states + 1]`."""
        chances = [np.eye(len(self.edges) + 1)[-1]]
        for _ in range(steps):
            chances.append(chances[-1][self.table[:, :, 1]].mean(1))
        return np.stack(chances)

    @property
    def legal(self) -> np.ndarray:
        """Which symbols may come next, boolean `[states + 1, symbols]`."""
        found = np.zeros((len(self.edges) + 1, len(self.symbols)), bool)
        np.put_along_axis(found, self.table[:, :, 0], True, axis=1)
        return found

    def strings(self, key: Key, batch_size: int, steps: int) -> tuple[Array, Array]:
        """Draws walks given that they end in `steps` symbols or fewer.

        Returns:
            Symbols `[steps, B]`, and which of them are there; the rest is symbol 0.
        """
        ends = self.within(steps)
        both = ends[:-1][::-1][:, self.table[:, :, 1]]  # [steps, states + 1, 2], by what is left
        second = both[..., 1] / np.maximum(both.sum(-1), 1e-300)
        symbols, states = self._walks(key, batch_size, jnp.asarray(second))
        return symbols, states < len(self.edges)

    def streams(self, key: Key, batch_size: int, steps: int) -> Array:
        """Draws symbols `[steps, B]` of walks that go on for ever."""
        return self._walks(key, batch_size, jnp.full((steps, len(self.edges) + 1), 0.5))[0]

    def _walks(self, key: Key, batch_size: int, second: Array) -> tuple[Array, Array]:
        """Draws symbols and the states before, by the probabilities `[T, S]` of second edges."""
        table = jnp.asarray(self.table)

        def step(states: Array, given: tuple[Array, Array]) -> tuple[Array, tuple[Array, Array]]:
            chances, draws = given
            taken = table[states, (draws < chances[states]).astype(int)]
            return taken[:, 1], (taken[:, 0], states)

        draws = jax.random.uniform(key, (len(second), batch_size))
        begin = jnp.zeros(batch_size, table.dtype)
        return jax.lax.scan(step, begin, (second, draws))[1]

    def legal_after(self, symbols: Array) -> Array:
        """Returns which symbols may come at each step, boolean `[T, B, symbols]`.

        Args:
            symbols: `[T, B]` of strings without their first symbols, which leave state 0.
        """
        table, legal = self.table, jnp.asarray(self.legal)
        after = np.zeros(self.legal.shape, np.int32)
        np.put_along_axis(after, table[:, :, 0], table[:, :, 1], axis=1)
        follows = jnp.asarray(after)

        def step(states: Array, seen: Array) -> tuple[Array, Array]:
            return follows[states, seen], states

        begin = jnp.full(symbols.shape[1:], table[0, 0, 1])
        return legal[jax.lax.scan(step, begin, symbols)[1]]

    @property
    def pairs(self) -> np.ndarray:
        """How often each symbol follows each in a string, on average, `[symbols, symbols]`.

        The expected visits of the states solve a linear equation: a state is visited as often as
        edges lead there. Edges that lead back to state 0 begin another string.
        """
        count = len(self.edges) + 1
        moves, entered = np.zeros((count, count)), np.zeros((count, len(self.symbols)))
        symbols, states = self.table[..., 0], self.table[..., 1]
        for state in range(count - 1):
            np.add.at(moves[state], states[state], 1 / 2)
        moves[:, 0] = 0
        visits = np.linalg.solve(np.eye(count) - moves.T, np.eye(count)[0])
        follow = np.zeros((len(self.symbols), len(self.symbols)))
        for state in range(count - 1):
            np.add.at(entered, (states[state], symbols[state]), visits[state] / 2)
        for state in range(count - 1):
            np.add.at(follow.T, symbols[state], entered[state] / 2)
        return follow

    @property
    def loss_by_symbol(self) -> float:
        """The cross-entropy of the next symbol, given the one before and nothing else."""
        follow = self.pairs
        sums = np.broadcast_to(follow.sum(1, keepdims=True), follow.shape)
        there = follow > 0
        return float((follow[there] * np.log(sums[there] / follow[there])).sum() / follow.sum())
