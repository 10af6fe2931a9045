"""Reads the folder in which Speech Commands was published: a folder of WAV files for each word.

References:
    Warden (2018), Speech commands: a dataset for limited-vocabulary speech recognition,
    arXiv:1804.03209.
"""

import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnjax.datasets.base import DatasetError, expanded
from rnnjax.datasets.folders import check_folder, listing

RATE = 16_000  # samples a second, and of an utterance
TEN = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
_LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}


class Utterances(NamedTuple):
    """Spoken words, in host memory.

    Attributes:
        samples: int16 `[N, T]`; shorter ones are padded with zeros.
        labels: int32 `[N]`, places in the words.
    """

    samples: np.ndarray
    labels: np.ndarray


class Speech(NamedTuple):
    """Speech Commands as they were found.

    Attributes:
        words: in the order of their labels.
        parts: "train", "validation" and "test", as the published lists divide the files.
        folder: where.
    """

    words: tuple[str, ...]
    parts: dict[str, Utterances]
    folder: Path


def load_speech(
    data_dir: str | Path, words: tuple[str, ...] | None = None, every: int = 1
) -> Speech:
    """Reads utterances of one second, 16,000 samples.

    Args:
        data_dir: the unpacked folder, with a folder for each word and the two lists of files that
            are for validation and for the test.
        words: which ones; None for all that have a folder.
        every: decimation: samples 0, `every`, 2 `every`, .. are taken, without a filter before;
            2 for 8 kHz.

    Raises:
        DatasetError: if a word, a list or a file is missing or no such sound.
    """
    folder = expanded(data_dir)
    check_folder(data_dir, folder)
    there = sorted(x.name for x in folder.iterdir() if x.is_dir() and x.name[0] not in "._")
    chosen = tuple(there) if words is None else words
    if missing := [word for word in chosen if word not in there] or ([] if there else ["words"]):
        raise DatasetError(
            f"{folder}: no folder of {', '.join(missing)}; it holds {listing(folder)}"
        )
    listed = {part: _read_list(folder / name) for part, name in _LISTS.items()}
    files = [
        (f"{word}/{x.name}", i) for i, word in enumerate(chosen) for x in _sounds(folder / word)
    ]
    parts = {}
    for part in ("train", "validation", "test"):
        inside = [(name, label) for name, label in files if _part_of(name, listed) == part]
        samples = np.zeros((len(inside), -(-RATE // every)), np.int16)
        for row, (name, _) in zip(samples, inside, strict=True):
            sound = _read_wave(folder / name)[::every]
            row[: len(sound)] = sound
        parts[part] = Utterances(samples, np.array([label for _, label in inside], np.int32))
    return Speech(chosen, parts, folder)


def _part_of(name: str, listed: dict[str, set[str]]) -> str:
    return next((part for part, names in listed.items() if name in names), "train")


def _sounds(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.wav"))


def _read_list(path: Path) -> set[str]:
    try:
        return set(path.read_text().split())
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from None


def _read_wave(path: Path) -> np.ndarray:
    """Returns the first second of a file."""
    try:
        with wave.open(str(path), "rb") as sound:
            form = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
            frames = sound.readframes(RATE)
    except Exception as error:  # of a damaged file `wave` may raise anything
        raise DatasetError(f"{path}: no readable WAV file ({error or 'damaged'})") from None
    if form != (1, 2, RATE):
        raise DatasetError(
            f"{path}: {form[0]} channels of {8 * form[1]} bits at {form[2]} Hz, expected one of 16 "
            f"bits at {RATE} Hz"
        )
    if len(frames) % 2:
        raise DatasetError(f"{path}: no readable WAV file (it ends within a sample)")
    return np.frombuffer(frames, "<i2")
