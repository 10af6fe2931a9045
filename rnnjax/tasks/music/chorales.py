"""Chorales, as sequences of which the next step is to be predicted."""

import functools

import jax.numpy as jnp
import numpy as np
import optax

from rnnjax.batch import Batch, masked_mean
from rnnjax.datasets import chorales
from rnnjax.tasks.examples import Examples, split
from rnnjax.tasks.sources import PARTS, Part
from rnnjax.tasks.stored import StoredTask
from rnnjax.typing import Array


class Chorales(StoredTask):
    """Say at every step of a chorale which keys of a piano sound next.

        inputs   C E G c   C E G c   D F A d   ..      88 numbers a step, 1 where a key sounds
        targets  C E G c   D F A d   D F G B   ..

    Outputs are logits, one for each key. The loss is the negative log-likelihood in nats, summed
    over the 88 keys of a step and averaged over all steps.

    Attributes:
        data_dir: folder with "JSB Chorales.pickle", which has the published parts, or with a wheel
            of music21; none for an installed music21. Its scores have a licence of their own.
        per_quarter: steps in a quarter note, for the scores of music21.
        validation: share of the scores of music21 that is for validation.
        test: share of the scores of music21 that is for the test.

    References:
        Boulanger-Lewandowski, Bengio & Vincent (2012), Modeling temporal dependencies in
        high-dimensional sequences, ICML, arXiv:1206.6392 (the pickle, and the loss).
        Cuthbert & Ariza (2010), music21, ISMIR.

    Example:
        >>> import pathlib, pickle, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> piece = [[60, 64, 67], [60, 64, 67], [59, 62, 67]]
        >>> parts = {"train": [piece, piece[:2]], "valid": [piece], "test": [piece]}
        >>> _ = (folder / "JSB Chorales.pickle").write_bytes(pickle.dumps(parts))
        >>> inputs, targets, lengths = Chorales(str(folder)).parts["train"]
        >>> inputs.shape, lengths.tolist(), (21 + np.flatnonzero(targets[0, 1])).tolist()
        ((2, 2, 88), [2, 1], [59, 62, 67])
    """

    data_dir: str | None
    per_quarter: int = 2
    validation: float = 0.1
    test: float = 0.2

    def __post_init__(self) -> None:
        """Refuses steps and shares that cannot be.

        Raises:
            ValueError: if one is.
        """
        super().__post_init__()
        if self.per_quarter < 1:
            raise ValueError(f"{self}: per_quarter must be 1 or more")
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1:
            raise ValueError(f"{self}: validation and test must be shares that leave some to train")

    @property
    def input_dim(self) -> int:
        """The keys of a piano."""
        return chorales.KEYS

    @property
    def output_dim(self) -> int:
        """The same."""
        return chorales.KEYS

    @property
    def found(self) -> chorales.Chorales:
        """The chorales as they were found, read at most once by a process."""
        return _found(self.data_dir, self.per_quarter)

    @property
    def baseline(self) -> float:
        """The training loss of a guess that knows only the share p of steps at which a key sounds.

        That is the sum over keys of -p ln p - (1 - p) ln(1 - p).
        """
        _, targets, lengths = self.parts["train"]
        p = targets[np.arange(targets.shape[1]) < lengths[:, None]].mean(0, dtype=np.float64)
        p = np.clip(p, 1e-12, 1 - 1e-12)
        return float(-(p * np.log(p) + (1 - p) * np.log(1 - p)).sum())

    @property
    def description(self) -> str:
        """What the data are, and what the loss without memory is."""
        return f"{self.found.description} Loss by how often each key sounds {self.baseline:.3f}."

    @property
    def title(self) -> str:
        """What the data are called."""
        return "chorales"

    @property
    def token(self) -> str:
        """Origin and number."""
        return f"chorales:{self.found.source}:{sum(map(len, self.found.parts.values()))}"

    def load(self) -> dict[Part, Examples]:
        """Returns the parts."""
        rolls = self.found.parts
        steps = max(len(roll) for part in rolls.values() for roll in part) - 1
        found = {part: _examples(part_rolls, steps) for part, part_rolls in rolls.items()}
        if "all" in found:
            return split(found["all"], self.validation, self.test)
        parts: dict[Part, Examples] = {part: found[part] for part in PARTS}
        return parts

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Returns the negative log-likelihood of a step in nats, the mean where one counts."""
        there = batch.mask[..., None]
        logits, targets = jnp.where(there, outputs, 0), jnp.where(there, batch.targets, 0)
        return masked_mean(optax.sigmoid_binary_cross_entropy(logits, targets).sum(-1), batch.mask)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """Returns the accuracy of frames, TP / (TP + FP + FN) over all steps of the batch.

        A key is predicted to sound where its probability is above one half.
        """
        there = batch.mask[..., None]
        said, true = there & (outputs > 0), there & (batch.targets > 0)
        either = (said | true).sum()
        return {"frame_accuracy": (said & true).sum() / jnp.maximum(either, 1)}


def _examples(rolls: list[np.ndarray], steps: int) -> Examples:
    """Returns sequences in which each step is to be answered by the next one."""
    whole = np.zeros((len(rolls), steps + 1, chorales.KEYS), np.float32)
    for row, roll in zip(whole, rolls, strict=True):
        row[: len(roll)] = roll
    lengths = np.array([max(len(roll) - 1, 0) for roll in rolls], np.int32)
    return Examples(whole[:, :-1], whole[:, 1:], lengths)


_found = functools.cache(chorales.load_chorales)
