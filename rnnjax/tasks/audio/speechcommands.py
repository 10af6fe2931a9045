"""Spoken words as waveforms."""

import functools
import hashlib
from typing import Literal

import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.datasets.speech import RATE, TEN, Speech, load_speech
from rnnjax.tasks.base import Task
from rnnjax.tasks.examples import class_entropy
from rnnjax.tasks.sources import Gathered, Part
from rnnjax.typing import Array, Static


class SpeechCommands(Task, Static):
    """Say which word is spoken, heard as one second of raw sound.

        inputs   sample 0, sample 1, .. sample 15,999, each from -1 to below 1
        target   word

    The parts are those of the published lists. Shorter recordings are padded with zeros.

    Attributes:
        data_dir: the unpacked folder: one of WAV files for each word, validation_list.txt and
            testing_list.txt.
        words: "ten" for the commands yes, no, up, down, left, right, on, off, stop and go, or "all"
            for all that have a folder, 35 in version 0.02.
        every: decimation, without a filter: 1 takes all 16,000 samples, 2 every other one.

    References:
        Warden (2018), arXiv:1804.03209.
        Romero et al. (2022), CKConv, ICLR, arXiv:2102.02611 (raw, ten words; they divide the files
        by themselves).
        Gu, Goel & Ré (2022), ICLR, arXiv:2111.00396 (every other sample).

    Example:
        >>> import pathlib, tempfile, wave
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for part in ("validation", "testing"):
        ...     _ = (folder / f"{part}_list.txt").write_text("")
        >>> for word in ("cat", "dog"):
        ...     (folder / word).mkdir()
        ...     with wave.open(str(folder / word / "a_nohash_0.wav"), "wb") as sound:
        ...         sound.setparams((1, 2, 16000, 0, "NONE", ""))
        ...         sound.writeframes(bytes(2 * 100))
        >>> task = SpeechCommands(str(folder), words="all", every=4)
        >>> task.output_dim, task.source("train", 2).examples[0].shape
        (2, (2, 4000))
    """

    metric = "accuracy"
    per_step = False

    data_dir: str
    words: Literal["ten", "all"] = "ten"
    every: int = 1

    def __post_init__(self) -> None:
        """Refuses a step that is no number of samples.

        Raises:
            ValueError: if `every` is not from 1 to 16,000.
        """
        super().__post_init__()
        if not 1 <= self.every <= RATE:
            raise ValueError(f"{self}: every must be 1 to {RATE}")

    @property
    def found(self) -> Speech:
        """The utterances, read at most once by a process."""
        return _found(self.data_dir, self.words, self.every)

    @property
    def input_dim(self) -> int:
        """One sample."""
        return 1

    @property
    def output_dim(self) -> int:
        """Words."""
        return len(self.found.words)

    @property
    def baseline(self) -> float:
        """The entropy of the training words: the loss of a guess that knows their shares alone."""
        return class_entropy(self.found.parts["train"].labels)

    @property
    def description(self) -> str:
        """What the data are and where they come from."""
        counts = [len(part.labels) for part in self.found.parts.values()]
        steps = -(-RATE // self.every)
        return (
            f"Speech Commands: {len(self.found.words)} words, {counts[0]:,} training, "
            f"{counts[1]:,} validation and {counts[2]:,} test utterances of {steps} samples, in "
            f"{self.found.folder}."
        )

    @property
    def title(self) -> str:
        """Words and steps."""
        return f"{self.words} speech commands, {-(-RATE // self.every)} steps"

    @property
    def token(self) -> str:
        """Name and number."""
        count = sum(len(part.labels) for part in self.found.parts.values())
        return f"speech_commands:{self.words}:{count}"

    @property
    def digest(self) -> str:
        """SHA-256 of all samples and labels."""
        return _digest(self)

    def source(self, part: Part, batch_size: int) -> Gathered | None:
        """Returns the batches of a part, None where there is none of it."""
        samples, labels = self.found.parts[part]
        if not len(labels):
            return None
        return Gathered((jnp.asarray(samples), jnp.asarray(labels)), _AsWaveform(), batch_size)


class _AsWaveform(Static):
    """Makes sequences of samples, which are kept on the device as int16, in half the memory."""

    def __call__(self, examples: tuple[Array, Array], there: Array) -> Batch:
        samples, labels = examples
        return Batch(samples.T[..., None].astype(jnp.float32) / 2**15, labels, there)


@functools.cache
def _found(data_dir: str, words: str, every: int) -> Speech:
    return load_speech(data_dir, TEN if words == "ten" else None, every)


@functools.cache
def _digest(task: SpeechCommands) -> str:
    sha = hashlib.sha256()
    for samples, labels in task.found.parts.values():
        sha.update(samples.tobytes())
        sha.update(labels.tobytes())
    return sha.hexdigest()
