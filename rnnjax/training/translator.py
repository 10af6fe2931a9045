"""What a network that has learned pairs writes for sources of a user's own."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.models import Decoded, EncoderDecoder, beam
from rnnjax.tasks.pairs.pairtask import END, PairTask
from rnnjax.training.pairs import shifted
from rnnjax.training.trained import Trained
from rnnjax.typing import Array


class Hypothesis(NamedTuple):
    """One of the targets that a beam has found for a source.

    Attributes:
        text: the target.
        score: what the beam is ordered by; see `models.beam`.

    Example:
        >>> max(
        ...     [Hypothesis("46", -0.2), Hypothesis("45", -1.9)], key=lambda found: found.score
        ... ).text
        '46'
    """

    text: str
    score: float


class Translator:
    """A network that has learned a `tasks.PairTask`, to be given sources as text.

    Args:
        trained: a fitted or loaded network.

    Raises:
        TypeError: if it is no `EncoderDecoder` that has learned pairs.

    Example:
        >>> from rnnjax import runs
        >>> translator = Translator(runs.load("runs/addition"))  # doctest: +SKIP
        >>> translator.translate(["12+34"], beams=4)  # doctest: +SKIP
        ['46']
    """

    def __init__(self, trained: Trained):
        if not (isinstance(trained.task, PairTask) and isinstance(trained.model, EncoderDecoder)):
            raise TypeError(
                f"an EncoderDecoder that has learned a tasks.PairTask translates; this has learned "
                f"{trained.task}"
            )
        self.task: PairTask = trained.task
        self._model, self._params = trained.model, trained.params

    def translate(self, texts: Sequence[str], *, beams: int = 1, alpha: float = 0.6) -> list[str]:
        """Returns what the network writes for each of several sources.

        Args:
            texts: the sources.
            beams: how many targets are kept at each step; with 1 the likeliest symbol is written.
            alpha: strength of the length normalization; see `models.beam`.

        Raises:
            TypeError: if `texts` is a single text.
            ValueError: if one is too long or has a symbol that no source has, `beams` is no
                whole number of 1 or more, or `alpha` below 0.
        """
        if isinstance(texts, str):
            raise TypeError(f"several texts are translated: give [{texts!r}]")
        return [found[0].text for found in self._hypotheses(texts, beams, alpha)]

    def hypotheses(self, text: str, *, beams: int = 4, alpha: float = 0.6) -> list[Hypothesis]:
        """Returns the targets of a beam for one source, the best first; see `translate`."""
        return self._hypotheses([text], beams, alpha)[0]

    def attention(self, text: str) -> tuple[np.ndarray, list[str], list[str]]:
        """Returns where the network looks while it writes.

        Returns:
            The weights `[written, read]`, the symbols that were written, the end among them, and
            those that were read, in the order in which they were.

        Raises:
            TypeError: if it has no attention.
        """
        if self._model.attention is None:
            raise TypeError("a network with attention looks back; this one has none")
        sources, steps = self._read([text])
        found = self._beam(sources, steps, 1, 0.0)
        symbols = found.symbols[:, :, 0]
        _, seen = self._model.apply(
            {"params": self._params}, sources, shifted(symbols), steps, mutable=["intermediates"]
        )
        (weights,) = seen["intermediates"]["attention"]["weights"]
        length = min(int(found.lengths[0, 0]) + 1, len(symbols))
        there = np.ones(len(sources), bool) if steps is None else np.asarray(steps[:, 0])
        read = [self.task.source_alphabet[int(n)] for n in np.asarray(sources[:, 0])[there]]
        written = [self.task.target_alphabet[int(n)] for n in np.asarray(symbols[:length, 0])]
        return np.asarray(weights)[:length, there, 0], written, read

    def _hypotheses(self, texts: Sequence[str], beams: int, alpha: float) -> list[list[Hypothesis]]:
        if type(beams) is not int or beams < 1:
            raise ValueError(f"beams must be a whole number of 1 or more; got {beams!r}")
        if not 0 <= alpha < math.inf:
            raise ValueError(f"alpha must be 0 or more; got {alpha!r}")
        if not texts:
            return []
        found = jax.tree.map(np.asarray, self._beam(*self._read(texts), beams, alpha))
        return [
            [
                Hypothesis(self.task.target_text(found.symbols[:, b, w]), float(score))
                for w, score in enumerate(found.scores[b])
                if score > -np.inf
            ]
            for b in range(len(texts))
        ]

    def _read(self, texts: Sequence[str]) -> tuple[Array, Array | None]:
        numbers, steps = zip(*map(self.task.read, texts), strict=True)
        there = None if steps[0] is None else jnp.asarray(np.stack(steps, axis=1))
        return jnp.asarray(np.stack(numbers, axis=1)), there

    def _beam(self, sources: Array, steps: Array | None, beams: int, alpha: float) -> Decoded:
        how = {"length": self.task.target_length, "beams": beams, "alpha": alpha, "end": END}
        return beam(self._model, self._params, sources, steps, **how)
