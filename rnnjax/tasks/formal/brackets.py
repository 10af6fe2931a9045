"""What languages of brackets share: strings of one kind, drawn from a grammar at a given length."""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import fractions
from rnnjax.tasks.formal.nextsymbols import NextSymbols
from rnnjax.typing import Array


class Brackets(NextSymbols):
    """Say after each bracket which ones may come next.

    Strings of one kind of brackets are drawn from the grammar

        S -> ( S )  with chance p,    S -> S S  with chance q,    S -> nothing  else

    given their length: of the strings of a length, each is as likely as the grammar makes it. With
    the usual `p` and `q` pairs nest more often than they stand in a row.

    Attributes:
        pairs: brackets that open, the most in training; a string has twice as many symbols.
        kinds: of brackets.
        p: probability of the rule S -> ( S ).
        q: probability of the rule S -> S S.
        shortest: fewest pairs in training; none for strings that all have the most.

    References:
        Suzgun, Gehrmann, Belinkov & Shieber (2019), Memory-augmented recurrent neural networks can
        learn generalized Dyck languages, arXiv:1911.03329.
        Bhattamishra, Ahuja & Goyal (2020), On the ability and limitations of transformers to
        recognize formal languages, EMNLP, arXiv:2009.11264. There strings have 2 to 50 symbols,
        lengths are those that the grammar makes, and no string is drawn twice; here each length is
        as likely.
    """

    pairs: int = 25
    kinds: int = 2
    p: float = 0.5
    q: float = 0.25
    shortest: int | None = dataclasses.field(default=1, kw_only=True)

    size_field = "pairs"

    def __post_init__(self) -> None:
        """Refuses what is no grammar.

        Raises:
            ValueError: if `kinds` is below 1, or `p`, `q` and what is left are not all above 0, or
                see `SizedTask`.
        """
        super().__post_init__()
        if self.kinds < 1:
            raise ValueError(f"{self}: kinds must be 1 or more")
        if not (self.p > 0 and self.q > 0 and self.p + self.q < 1):
            raise ValueError(f"{self}: p and q must be above 0 and their sum below 1")

    @property
    def input_dim(self) -> int:
        """One-hot: for each kind the bracket that opens, then the one that closes."""
        return 2 * self.kinds

    @property
    def output_dim(self) -> int:
        """A bit for each bracket, in the same order."""
        return 2 * self.kinds

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T, two symbols a pair."""
        return 2 * size

    def nested(self, words: Array, size: Array | int) -> Array:
        """Makes a string of one kind of brackets of random words, `[2 * pairs + 1]`.

        A string is an ordered tree: its vertices are the pairs of brackets, and a root for the
        whole string; children of a vertex are the pairs that stand directly inside it. From left to
        right the number of children of each vertex is drawn, given how many vertices are left and
        how many of these have a parent already.

        Returns:
            Boolean `[2 * pairs]`, True where a bracket opens; False after `2 * size`.
        """
        children, forests = _tables(self.pairs, self.p, self.q)
        log_children, log_forests = jnp.asarray(children), jnp.asarray(forests)
        draws = fractions(words)
        at = jnp.arange(self.pairs + 1)

        def count(left: Array, waiting: Array, draw: Array) -> Array:
            """Draws how many children the next of `left` vertices has."""
            place = left - 1, waiting - 1
            logs = jax.lax.dynamic_slice(log_forests, place, (1, self.pairs + 1))[0] + log_children
            weights = jnp.exp(logs - jnp.maximum(logs.max(), -1e30))
            sums = jnp.where(weights > 0, jnp.cumsum(weights), -1)
            return jnp.argmax(sums > draw * sums.max())

        def read(carry: tuple, draw: Array) -> tuple[tuple, Array]:
            waits, depth, left, waiting = carry  # waits [depth]: children that are still to come
            opens = jnp.where(at == depth, waits, 0).sum() > 0
            found = count(left, waiting, draw)
            opened = jnp.where(at == depth + 1, found, waits - (at == depth))
            return (
                jnp.where(opens, opened, waits),
                jnp.where(opens, depth + 1, jnp.maximum(depth - 1, 0)),
                jnp.where(opens, left - 1, left),
                jnp.where(opens, waiting - 1 + found, waiting),
            ), opens

        vertices = jnp.asarray(size) + 1
        first = count(vertices, jnp.ones_like(vertices), draws[0])
        start = jnp.where(at == 0, first, 0), jnp.zeros_like(first), vertices - 1, first
        return jax.lax.scan(read, start, draws[1:])[1]

    def targets(self, closings: Array) -> Array:
        """Returns the bits `[T, 2 kinds]`: every bracket may open, and some `[T, kinds]` close."""
        bits = jnp.stack([jnp.ones(closings.shape), closings.astype(float)], -1)
        return bits.reshape(len(closings), -1)


def outermost(pairs: int, p: float, q: float) -> np.ndarray:
    """Returns how many pairs stand inside no other, on average, of a string of 0 to `pairs` pairs.

    Example:
        >>> outermost(2, p=0.5, q=0.25).round(4).tolist()  # of (()) and ()()
        [0.0, 1.0, 1.0718]
    """
    children, forests = (np.exp(logs.astype(np.float64)) for logs in _tables(pairs, p, q))
    weights = children * forests[:, : pairs + 1]
    return weights @ np.arange(pairs + 1) / weights.sum(1)


@functools.lru_cache
def _tables(pairs: int, p: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns logarithms of weights of vertices `[pairs + 1]`, and of forests.

    The probability of a string is proportional to the product over its vertices of a weight c_m
    that depends on the number m of children: that of all ways in which the rules make m pairs in a
    row of one S. Their generating function, `C(x) = sum of c_m x^m`, solves `C = q C^2 + x + r`,
    where r is the probability of S -> nothing; so c_m is a Catalan number times a power of
    `q / (1 - 4 q r)`. For strings of one length a factor x per child changes nothing; the one that
    is taken makes the mean number of children one, so that no weight is lost to rounding.

    The second table, `[pairs + 1, 2 pairs + 1]`, has the total weight of all forests with a number
    of vertices and of trees: `trees / vertices` times the coefficient of `x^(vertices - trees)` in
    C to the power of `vertices` (Lagrange inversion).
    """
    r = 1 - p - q
    rest = 1 - 4 * q * r
    x = (1 - 2 * math.sqrt(q * r)) * math.sqrt(r / q)
    m = np.arange(1, pairs)
    ratios = 2 * (2 * m - 1) / (m + 1) * (q / rest * x)  # of Catalan numbers, one after another
    nothing = 2 * r / (1 + math.sqrt(rest))
    children = np.concatenate([[nothing], np.cumprod([x / math.sqrt(rest), *ratios])])
    forests = np.zeros((pairs + 1, 2 * pairs + 1))
    forests[0, 0] = 1
    power = np.eye(1, pairs + 1)[0]
    for vertices in range(1, pairs + 1):
        power = np.convolve(power, children)[: pairs + 1]
        power /= power.max()
        trees = np.arange(1, vertices + 1)
        forests[vertices, trees] = trees / vertices * power[vertices - trees]
    with np.errstate(divide="ignore"):
        return np.log(children).astype(np.float32), np.log(forests).astype(np.float32)
