"""Reads `.ts` files, the format of the UEA and UCR archives of time series, line by line.

References:
    Bagnall et al. (2018), The UEA multivariate time series classification archive,
    arXiv:1811.00075.
"""

import math
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnjax.datasets.base import DatasetError, expanded, read_bytes

_MOST_BYTES = 2**30  # of a file unpacked; more is taken for damage


class TimeSeriesFile(NamedTuple):
    r"""What a `.ts` file holds.

    Attributes:
        problem: the name that it gives itself, empty where it gives none.
        series: float32 `[T, D]`, one after another, of lengths of their own; NaN where a value is
            missing.
        labels: their labels as they are written.
        classes: the labels that the header announces, in its order; none where it announces none.

    Example:
        >>> file = parse_ts(b"@classLabel true a b\n@data\n1,2,3:a\n4,5:b\n", "a.ts")
        >>> [one.shape for one in file.series], file.labels
        ([(3, 1), (2, 1)], ('a', 'b'))
    """

    problem: str
    series: tuple[np.ndarray, ...]
    labels: tuple[str, ...]
    classes: tuple[str, ...]


def read_ts(path: str | Path) -> TimeSeriesFile:
    """Reads a `.ts` file, plain or compressed by gzip.

    Args:
        path: the file; one whose name ends in `.gz` is unpacked.

    Returns:
        Its series and labels.

    Raises:
        DatasetError: if the file cannot be read, or a line is not what the format wants there.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "Two_TRAIN.ts"
        >>> lines = "@classLabel true up down", "@data", "1,2,3:0,?,0:up", "5:6:down"
        >>> _ = path.write_text(chr(10).join(lines))
        >>> found = read_ts(path)
        >>> [x.tolist() for x in found.series], found.labels
        ([[[1.0, 0.0], [2.0, nan], [3.0, 0.0]], [[5.0, 6.0]]], ('up', 'down'))
    """
    path = expanded(path)
    try:
        packed = read_bytes(path)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from None
    return parse_ts(packed, str(path))


def parse_ts(body: bytes, name: str) -> TimeSeriesFile:
    """Reads the bytes of a `.ts` file.

    Args:
        body: all of them; compressed by gzip if `name` ends in `.gz`.
        name: what to call the file in an error.

    Returns:
        Its series and labels.

    Raises:
        DatasetError: if a line is not what the format wants there.
    """
    if name.endswith(".gz"):
        body = _unpacked(body, name)
    try:
        lines = body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(f"{name}: no text in UTF-8, byte {error.start}") from None
    # Numbered as an editor does; comments and empty lines may stand anywhere.
    numbered = ((i, line.strip()) for i, line in enumerate(lines, 1))
    numbered = iter([(i, line) for i, line in numbered if line and line[0] not in "#%"])
    header = _read_header(numbered, name)
    return _read_series(numbered, header, name)


def _unpacked(body: bytes, name: str) -> bytes:
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(body, _MOST_BYTES)
    except zlib.error as error:
        raise DatasetError(f"{name}: damaged gzip data ({error})") from None
    if not unpacker.eof:
        more = "more than a GiB unpacked" if len(plain) == _MOST_BYTES else "the file ends too soon"
        raise DatasetError(f"{name}: damaged gzip data ({more})")
    return plain


class _Header(NamedTuple):
    """What stands before `@data`."""

    problem: str = ""
    classes: tuple[str, ...] = ()
    dimensions: int | None = None
    length: int | None = None
    missing: bool = True  # whether there may be missing values


def _read_header(lines: Iterable[tuple[int, str]], name: str) -> _Header:
    header, labelled = _Header(), True
    for number, line in lines:
        where = f"{name}, line {number}"
        key, *words = line.split()
        match key.lower(), words:
            case "@data", []:
                if not labelled:
                    raise DatasetError(f"{name}: the series have no class labels")
                return header
            case "@problemname", _:
                header = header._replace(problem=" ".join(words))
            case "@timestamps", [word]:
                if _truth(word, where):
                    raise DatasetError(f"{where}: series with time stamps are not read")
            case "@missing", [word]:
                header = header._replace(missing=_truth(word, where))
            case "@univariate", [word]:
                if _truth(word, where):
                    header = header._replace(dimensions=1)
            case (("@dimension" | "@dimensions"), [word]):
                header = header._replace(dimensions=_count(word, where))
            case "@serieslength", [word]:
                header = header._replace(length=_count(word, where))
            case "@classlabel", [word, *classes]:
                labelled = _truth(word, where)
                header = header._replace(classes=tuple(classes))
            case "@targetlabel", [word, *_]:
                if _truth(word, where):
                    raise DatasetError(f"{where}: series with a number as a label are not read")
            case _ if not key.startswith("@"):
                raise DatasetError(f"{where}: data before the line @data: {_short(line)!r}")
            case _:  # other keys say nothing that is needed
                pass
    raise DatasetError(f"{name}: there is no line @data")


def _read_series(lines: Iterable[tuple[int, str]], header: _Header, name: str) -> TimeSeriesFile:
    series: list[np.ndarray] = []
    labels: list[str] = []
    for number, line in lines:
        where = f"{name}, line {number}"
        *channels, label = (field.strip() for field in line.split(":"))
        wanted = len(channels) if not series else series[0].shape[1]
        wanted = header.dimensions or wanted
        if not channels or len(channels) != wanted:
            raise DatasetError(
                f"{where}: {len(channels)} channels and a label, expected {wanted or 'some'}"
            )
        values = [_numbers(channel, header.missing, where) for channel in channels]
        if len({len(channel) for channel in values}) > 1:
            raise DatasetError(
                f"{where}: channels of {', '.join(str(len(v)) for v in values)} steps"
            )
        if header.length is not None and len(values[0]) != header.length:
            raise DatasetError(
                f"{where}: {len(values[0])} steps, but @seriesLength {header.length}"
            )
        if header.classes and label not in header.classes:
            raise DatasetError(
                f"{where}: label {_short(label)!r} is none of {' '.join(header.classes)}"
            )
        series.append(np.array(values, np.float32).T)
        labels.append(label)
    if not series:
        raise DatasetError(f"{name}: there is no series after @data")
    return TimeSeriesFile(header.problem, tuple(series), tuple(labels), header.classes)


def _numbers(channel: str, missing: bool, where: str) -> list[float]:
    values = []
    for text in channel.split(","):
        try:
            value = math.nan if text.strip() == "?" else float(text)
        except ValueError:
            raise DatasetError(f"{where}: {_short(text.strip())!r} is no number") from None
        if math.isinf(value):
            raise DatasetError(f"{where}: {text.strip()} is not finite")
        if math.isnan(value) and not missing:
            raise DatasetError(f"{where}: a value is missing, but @missing says that none is")
        values.append(value)
    return values


def _truth(word: str, where: str) -> bool:
    if word.lower() not in ("true", "false"):
        raise DatasetError(f"{where}: {_short(word)!r} is neither true nor false")
    return word.lower() == "true"


def _count(word: str, where: str) -> int:
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise DatasetError(f"{where}: {_short(word)!r} is no number of them")
    return int(word)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
