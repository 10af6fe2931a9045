"""Finds labelled time series by their name in the UEA and UCR archives."""

import hashlib
import importlib.util
import re
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnjax.datasets.archives import read_members
from rnnjax.datasets.base import DatasetError, expanded
from rnnjax.datasets.folders import check_folder, listing
from rnnjax.datasets.ts import TimeSeriesFile, parse_ts

PACKAGED = "JapaneseVowels"  # in this package
_BRING = ("aeon", "sktime")  # Python packages that bring files
_INSIDE = "datasets/data"  # where in them
_ENDS = ("_TRAIN.ts", "_TEST.ts")
_MOST_BYTES = 2**30  # of a file in a wheel


class Series(NamedTuple):
    """Labelled time series in host memory, N of them padded to T steps.

    Attributes:
        series: float32 `[N, T, D]`; zero after the end of each.
        lengths: int32 `[N]`.
        labels: int32 `[N]`, places in `classes`.

    Example:
        >>> Series(np.zeros((2, 5, 3)), np.array([5, 4]), np.array([0, 1])).series.shape
        (2, 5, 3)
    """

    series: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray


class SeriesDataset(NamedTuple):
    """Time series with what a report needs to say about them.

    Attributes:
        name: as the archive has it.
        source: where they were found, in one word: `"package"`, `"files"`, or `"wheel"`.
        description: a sentence for the screen.
        classes: the labels as they are written, sorted.
        train: the series to learn from, T the same as in `test`.
        test: those published for the test.

    Example:
        >>> from rnnjax.datasets import load_series
        >>> found = load_series("JapaneseVowels")
        >>> found.token, len(found.classes), found.train.series.shape
        ('JapaneseVowels:package:640', 9, (270, 29, 12))
    """

    name: str
    source: str
    description: str
    classes: tuple[str, ...]
    train: Series
    test: Series

    @property
    def token(self) -> str:
        """What the data are, in one word for the line that reports a result."""
        return f"{self.name}:{self.source}:{len(self.train.labels) + len(self.test.labels)}"

    @property
    def digest(self) -> str:
        """SHA-256 of all series, lengths and labels, training first."""
        sha = hashlib.sha256()
        for array in (*self.train, *self.test):
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()


def load_series(name: str, data_dir: str | Path | None = None) -> SeriesDataset:
    """Loads time series that are published as `name_TRAIN.ts` and `name_TEST.ts`.

    With `data_dir` the two files are read there or nowhere: in it or in `data_dir/name`, plain or
    `.gz`, or in a wheel or zip archive that lies in it. Without it they are those of this package
    (JapaneseVowels), or of an installed aeon or sktime, which is not imported.

    A missing value is replaced by the one before it, by zero at the beginning. Steps at the end
    that have no value in any channel are padding.

    Args:
        name: of a problem in the archive, spelt as its files are.
        data_dir: the folder to look in.

    Raises:
        DatasetError: if nothing is found, or what is found is damaged.

    Example:
        >>> vowels = load_series("JapaneseVowels")
        >>> vowels.train.series.shape, vowels.test.series.shape, vowels.train.lengths[:3].tolist()
        ((270, 29, 12), (370, 29, 12), [20, 26, 22])
        >>> vowels.token
        'JapaneseVowels:package:640'
    """
    if not name.replace("_", "").replace("-", "").isalnum():
        raise DatasetError(f"{name!r} is no name of time series")
    if data_dir is not None:
        return _given(name, data_dir)
    if name == PACKAGED:
        folder = resources.files("rnnjax.datasets") / "japanese_vowels"
        files = [f"{name}{end}.gz" for end in _ENDS]
        bodies = [(folder / file).read_bytes() for file in files]
        return _dataset(name, "package", "in this package", bodies, files)
    for package in _BRING:
        for folder in _folders_of(package):
            if found := _in_folder(name, folder / _INSIDE / name):
                return _dataset(name, "wheel", f"of the {package} wheel", *found)
    raise DatasetError(
        f"no series {name} on this machine: put {name}_TRAIN.ts and {name}_TEST.ts in a folder and "
        f"pass --data_dir=FOLDER, or install {' or '.join(_BRING)}, which bring some"
    )


def _folders_of(package: str) -> list[Path]:
    """Returns where an installed package lies, without importing it."""
    found = importlib.util.find_spec(package)
    return [Path(place) for place in (found and found.submodule_search_locations) or ()]


def _given(name: str, data_dir: str | Path) -> SeriesDataset:
    folder = expanded(data_dir)
    check_folder(data_dir, folder)
    for place in (folder, folder / name):
        if found := _in_folder(name, place):
            return _dataset(name, "files", f"{name}*.ts in {place}", *found)
    for archive in sorted(path for path in folder.iterdir() if path.suffix in (".whl", ".zip")):
        if found := _in_archive(name, archive):
            return _dataset(name, "wheel", f"in {archive}", *found)
    raise DatasetError(
        f"{folder}: no {name} here: neither {name}_TRAIN.ts and {name}_TEST.ts (plain or .gz) nor "
        f"a wheel that has them; it holds {listing(folder)}"
    )


def _in_folder(name: str, folder: Path) -> tuple[list[bytes], list[str]] | None:
    paths = []
    for end in _ENDS:
        spellings = [folder / f"{name}{end}", folder / f"{name}{end}.gz"]
        paths += [path for path in spellings if path.is_file()][:1]
    if not paths:
        return None
    if len(paths) < len(_ENDS):
        other = _ENDS[_ENDS[0] in paths[0].name]
        raise DatasetError(f"{folder}: {paths[0].name} is here, but not {name}{other[:-3]}.ts")
    try:
        return [path.read_bytes() for path in paths], [str(path) for path in paths]
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be read ({error.strerror or error})") from None


def _in_archive(name: str, archive: Path) -> tuple[list[bytes], list[str]] | None:
    """Reads the two files out of a zip archive, in whichever of its folders they lie."""
    ends = "|".join(map(re.escape, _ENDS))
    found = read_members(archive, re.compile(rf"(.*/)?{re.escape(name)}({ends})"), _MOST_BYTES)
    chosen = [[member for member in found if member.endswith(end)][:1] for end in _ENDS]
    if not all(chosen):
        return None
    members = [member for [member] in chosen]
    return [found[member] for member in members], [f"{archive}/{member}" for member in members]


def _dataset(
    name: str, source: str, where: str, bodies: list[bytes], names: list[str]
) -> SeriesDataset:
    train, test = (parse_ts(body, file) for body, file in zip(bodies, names, strict=True))
    D = train.series[0].shape[1]
    if test.series[0].shape[1] != D:
        raise DatasetError(f"{names[1]}: {test.series[0].shape[1]} channels, {D} in training")
    # Sorted as text, by what the files hold: a header may announce labels that nothing has.
    classes = tuple(sorted({*train.labels, *test.labels, *train.classes}))
    parts = [[_filled(x) for x in file.series] for file in (train, test)]
    lengths = [len(x) for part in parts for x in part]
    T = max(lengths)
    splits = [
        _padded(part, file, classes, T) for part, file in zip(parts, (train, test), strict=True)
    ]
    counts = f"{len(train.labels)} training and {len(test.labels)} test series"
    steps = f"{min(lengths)} to {T}" if min(lengths) < T else f"{T}"
    description = f"{name}: {counts} of {steps} steps, {where}."
    return SeriesDataset(name, source, description, classes, *splits)


def _filled(x: np.ndarray) -> np.ndarray:
    """Returns a series with its missing values replaced, as `load_series` says."""
    there = ~np.isnan(x)
    if there.all():
        return x
    steps = np.flatnonzero(there.any(1))
    x, there = (array[: steps[-1] + 1 if len(steps) else 1] for array in (x, there))
    last = np.maximum.accumulate(np.where(there, np.arange(len(x))[:, None], -1), 0)
    return np.where(last >= 0, np.take_along_axis(x, np.maximum(last, 0), 0), 0).astype(np.float32)


def _padded(
    series: list[np.ndarray], file: TimeSeriesFile, classes: tuple[str, ...], T: int
) -> Series:
    whole = np.zeros((len(series), T, series[0].shape[1]), np.float32)
    for row, x in zip(whole, series, strict=True):
        row[: len(x)] = x
    lengths = np.array([len(x) for x in series], np.int32)
    return Series(whole, lengths, np.array([classes.index(y) for y in file.labels], np.int32))
