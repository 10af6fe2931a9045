"""Language models: generating text with a trained network, and scoring texts."""

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.models import SequenceModel
from rnnjax.tasks.text.text import Text
from rnnjax.tasks.text.vocabulary import Vocabulary
from rnnjax.training.trained import Trained
from rnnjax.typing import Array, Key, Params, State

_WINDOW = 128  # symbols that are scored at once
_ROWS = 256  # texts likewise, so that the memory it takes is bounded


class Score(NamedTuple):
    """How likely a text is.

    Attributes:
        text: what was scored.
        bits: the negative logarithm of its probability.
        symbols: how many symbols it has.
        unknown: how many of them the vocabulary has not; each is scored as the unknown symbol.

    Example:
        >>> Score("to be", 10.0, 5).bits_per_symbol
        2.0
    """

    text: str
    bits: float
    symbols: int
    unknown: int = 0

    @property
    def bits_per_symbol(self) -> float:
        """Bits of one symbol on average; NaN of no text."""
        return self.bits / self.symbols if self.symbols else math.nan


class LanguageModel:
    """A network that has learned `tasks.Text`, for generating and scoring text.

    Each text is read from the initial state, after an end of line, or an unknown symbol where the
    vocabulary has no end of line.

    Args:
        trained: a fitted or loaded network.

    Raises:
        TypeError: if it is no `SequenceModel` that has learned a text.

    Example:
        >>> from rnnjax import runs
        >>> model = LanguageModel(runs.load("runs/char_lm"))  # doctest: +SKIP
        >>> print(model.generate("The ", 200, temperature=0.7))  # doctest: +SKIP
        >>> model.score("A sentence.").bits_per_symbol  # doctest: +SKIP
    """

    def __init__(self, trained: Trained):
        if not (isinstance(trained.task, Text) and isinstance(trained.model, SequenceModel)):
            raise TypeError(
                f"a SequenceModel that has learned a tasks.Text writes; this has learned "
                f"{trained.task}"
            )
        self._model, self._params = trained.model, trained.params
        self.vocabulary: Vocabulary = trained.task.vocabulary
        self._before = self.vocabulary.encode("\n")
        # The unknown symbol is never written.
        self._known = jnp.arange(len(self.vocabulary)) != (
            -1 if self.vocabulary.unknown is None else self.vocabulary.unknown
        )

    def generate(self, prompt: str = "", count: int = 200, **how: Any) -> str:
        """Returns what the network writes after a prompt; for the rest see `stream`."""
        _check_count(count)  # without an end nothing would be returned
        return "".join(self.stream(prompt, count, **how))

    def stream(
        self,
        prompt: str = "",
        count: int | None = None,
        *,
        temperature: float = 1.0,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> Iterator[str]:
        """Yields what the network writes after a prompt, symbol by symbol as they are drawn.

        One program makes all the steps, those over the prompt as well, whatever its length. The
        unknown symbol is never written.

        Args:
            prompt: text that is read first; symbols that are not in the vocabulary are read as the
                unknown one.
            count: how many symbols are written; None for no end.
            temperature: what logits are divided by; near 0 the likeliest symbol is taken.
            top_p: nucleus sampling: the likeliest symbols that together have this probability are
                drawn from.
            seed: of the random draws.

        Raises:
            TypeError: if the prompt is no text.
            ValueError: if `count` is no whole number of 0 or more, the temperature is not above 0,
                or `top_p` not above 0 and up to 1.

        References:
            Holtzman et al. (2020), The curious case of neural text degeneration, ICLR,
            arXiv:1904.09751 (the nucleus).
        """
        _check_text(prompt)
        if count is not None:
            _check_count(count)
        if not 0 < temperature < math.inf:
            raise ValueError(f"temperature must be above 0; got {temperature}")
        if not 0 < top_p <= 1:
            raise ValueError(f"top_p must be above 0 and up to 1; got {top_p}")
        drawn = self._drawn(prompt, temperature, top_p, jax.random.key(seed))
        return self.vocabulary.pieces(itertools.islice(drawn, count), before=prompt)

    def _drawn(self, prompt: str, temperature: float, top_p: float, key: Key) -> Iterator[int]:
        states = _begin(self._model, self._params)
        read = np.concatenate([self._before, self.vocabulary.encode(prompt)])
        symbol = jnp.asarray(read[0])
        for index in itertools.count():
            if index < len(read):
                symbol = jnp.asarray(read[index])
            how = self._known, temperature, top_p, key, index
            states, symbol = _write(self._model, self._params, states, symbol, *how)
            if index >= len(read) - 1:
                yield int(symbol)

    def score(self, text: str) -> Score:
        """Returns how likely a text is."""
        return self.score_all([text])[0]

    def score_all(self, texts: Sequence[str]) -> list[Score]:
        """Returns how likely each of several texts is, such as the lines of a file.

        Raises:
            TypeError: if `texts` is a single text, or one of them is none.
        """
        if isinstance(texts, str):
            raise TypeError(f"several texts are scored: give [{texts!r}]")
        for text in texts:
            _check_text(text)
        read = [np.concatenate([self._before, self.vocabulary.encode(text)]) for text in texts]
        bits = [self._bits(read[start : start + _ROWS]) for start in range(0, len(read), _ROWS)]
        bits = itertools.chain.from_iterable(bits)
        return [
            Score(text, float(b), len(n) - 1, self._unknown_in(n[1:]))
            for text, b, n in zip(texts, bits, read, strict=True)
        ]

    def _unknown_in(self, numbers: np.ndarray) -> int:
        unknown = self.vocabulary.unknown
        return 0 if unknown is None else int((numbers == unknown).sum())

    def _bits(self, read: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the bits of several texts, given as numbers, each after its first symbol."""
        longest = max(len(numbers) - 1 for numbers in read)
        count = len(read)
        bits = np.zeros(count)
        states = _begin(self._model, self._params, count)
        for start in range(0, longest, _WINDOW):
            part = np.zeros((_WINDOW + 1, count), np.int32)
            there = np.zeros((_WINDOW, count), bool)
            for row, numbers in enumerate(read):
                some = numbers[start : start + _WINDOW + 1]
                part[: len(some), row] = some
                there[: max(len(some) - 1, 0), row] = True
            states, found = _score(self._model, self._params, states, part, there)
            bits += np.asarray(found, np.float64)
        return bits


def _check_text(text: Any) -> None:
    if not isinstance(text, str):
        raise TypeError(f"a language model reads a text; got {text!r}")


def _check_count(count: Any) -> None:
    if type(count) is not int or count < 0:
        raise ValueError(f"count must be a whole number of 0 or more; got {count!r}")


@functools.partial(jax.jit, static_argnums=(0, 2))
def _begin(model: SequenceModel, params: Params, count: int | None = None) -> State:
    """Returns the states before the first step."""
    shape = (0,) if count is None else (0, count)
    return model.apply({"params": params}, jnp.zeros(shape, jnp.int32))[0]  # pyright: ignore[reportIndexIssue]


@functools.partial(jax.jit, static_argnums=0, donate_argnums=2)
def _write(
    model: SequenceModel,
    params: Params,
    states: State,
    symbol: Array,
    known: Array,
    temperature: Array,
    top_p: Array,
    key: Key,
    index: Array,
) -> tuple[State, Array]:
    """Makes a step of the network, and draws the symbol that follows, one of the known ones."""
    out: Any = model.apply({"params": params}, symbol[None], states)
    states, logits = out
    logits = jnp.where(known, logits[0], -jnp.inf)
    # The largest logit is 0, so that none becomes infinite however small the temperature.
    chosen = nucleus((logits - logits.max()) / temperature, top_p)
    return states, jax.random.categorical(jax.random.fold_in(key, index), chosen)


def nucleus(logits: Array, top_p: Array | float) -> Array:
    """Returns logits `[K]` with minus infinity for symbols outside of the nucleus.

    The nucleus is the smallest set of likeliest symbols that have a probability of `top_p` or more.

    Example:
        >>> nucleus(jnp.log(jnp.array([0.5, 0.2, 0.3])), 0.7).argmin().item()
        1
    """
    order = jnp.argsort(-logits)
    chances = jax.nn.softmax(logits)[order]
    before = jnp.cumsum(chances) - chances  # of all symbols that are likelier
    kept = jnp.zeros(logits.shape, bool).at[order].set(before < top_p)
    return jnp.where(kept, logits, -jnp.inf)


@functools.partial(jax.jit, static_argnums=0)
def _score(
    model: SequenceModel, params: Params, states: State, part: Array, there: Array
) -> tuple[State, Array]:
    """Returns the states after a window `[T + 1, B]`, and the bits of each row's symbols in it."""
    out: Any = model.apply({"params": params}, part[:-1], states, mask=there)
    states, logits = out
    chances = jax.nn.log_softmax(logits)
    found = jnp.take_along_axis(chances, part[1:, :, None], axis=-1)[..., 0]
    return states, -jnp.where(there, found, 0).sum(0) / math.log(2)
