"""Labelled time series of the UEA and UCR archives."""

import functools
from typing import Literal

import numpy as np

from rnnjax import datasets
from rnnjax.tasks.examples import Examples, class_entropy, split
from rnnjax.tasks.sources import Part
from rnnjax.tasks.stored import StoredTask


class TimeSeries(StoredTask):
    """Say which class a time series belongs to.

    Japanese Vowels: who of nine speakers says /ae/, heard as 7 to 29 frames of 12 cepstrum
    coefficients.

        inputs   frame 0, frame 1, .. frame 19, and padding to 29
        target   speaker

    Series differ in length; the padding after a shorter one is masked. A share of the published
    training series, always the same ones, is held out for validation.

    Attributes:
        dataset: what the archive calls the series; JapaneseVowels are here, and those that an
            installed aeon or sktime brings, such as BasicMotions.
        answers: "sequence" for one answer at the end, "steps" for one at every step.
        standardize: whether channels are scaled to mean 0 and variance 1 over all training steps.
        validation: share of the training series that is held out for validation.
        data_dir: folder with NAME_TRAIN.ts and NAME_TEST.ts, or with a wheel that has them.

    References:
        Kudo, Toyama & Shimbo (1999), Multidimensional curve classification using passing-through
        regions, Pattern Recognition Letters 20 (Japanese Vowels).
        Bagnall et al. (2018), The UEA multivariate time series classification archive,
        arXiv:1811.00075.

    Example:
        >>> task = TimeSeries()
        >>> batch = task.source("test", batch_size=100)
        >>> task.input_dim, task.output_dim, batch.batches, round(task.baseline, 4)
        (12, 9, 4, 2.1972)
    """

    metric = "accuracy"

    dataset: str = "JapaneseVowels"
    answers: Literal["sequence", "steps"] = "sequence"
    standardize: bool = False
    validation: float = 0.1
    data_dir: str | None = None

    def __post_init__(self) -> None:
        """Refuses a share that leaves nothing to train on.

        Raises:
            ValueError: if it is one.
        """
        super().__post_init__()
        if not 0 <= self.validation < 1:
            raise ValueError(f"{self}: validation must be a share, from 0 to below 1")

    @property
    def found(self) -> datasets.SeriesDataset:
        """The series as they were found, read at most once by a process."""
        return _found(self.dataset, self.data_dir)

    @property
    def per_step(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether an answer is wanted at every step."""
        return self.answers == "steps"

    @property
    def input_dim(self) -> int:
        """Channels."""
        return self.found.train.series.shape[2]

    @property
    def output_dim(self) -> int:
        """Classes."""
        return len(self.found.classes)

    @property
    def baseline(self) -> float:
        """The entropy of the classes of the published training series, in nats.

        That is the training loss of a guess that looks at nothing and knows the share p of each
        class, -sum p ln p. With as many series of each of K classes it is ln K on any series.
        """
        return class_entropy(self.found.train.labels)

    @property
    def description(self) -> str:
        """What the data are, where they come from, and what chance is."""
        most = np.bincount(self.found.test.labels).max() / len(self.found.test.labels)
        return (
            f"{self.found.description} {self.output_dim} classes; the commonest is {most:.1%} of "
            "the test."
        )

    @property
    def title(self) -> str:
        """What the series are called."""
        return self.dataset

    @property
    def token(self) -> str:
        """Name, origin and number."""
        return self.found.token

    def load(self) -> dict[Part, Examples]:
        """Returns the parts."""
        train, test = (self._examples(part) for part in (self.found.train, self.found.test))
        parts: dict[Part, Examples] = {"train": train}
        if self.validation:
            parts = split(train, self.validation, test=0)
        parts["test"] = test
        return parts

    def _examples(self, part: datasets.Series) -> Examples:
        series, lengths, labels = part
        if self.standardize:
            mean, deviation = self._scale
            series = (series - mean) / deviation
        if self.per_step:
            labels = np.repeat(labels[:, None], series.shape[1], 1)
        return Examples(series, labels, lengths)

    @property
    def _scale(self) -> tuple[np.ndarray, np.ndarray]:
        series, lengths, _ = self.found.train
        steps = series[np.arange(series.shape[1]) < lengths[:, None]]
        deviation = steps.std(0)
        return steps.mean(0), np.where(deviation > 0, deviation, 1)


_found = functools.cache(datasets.load_series)
