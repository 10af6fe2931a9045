"""Reads chorales as piano rolls: those of the JSB pickle, or the scores in the music21 package.

The scores have a licence of their own: they are read where they are, and not distributed here.
"""

import importlib.util
import io
import pickle
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnjax.datasets.archives import read_members
from rnnjax.datasets.base import DatasetError, expanded
from rnnjax.datasets.folders import check_folder, listing

LOWEST, HIGHEST = 21, 108  # keys of a piano, as MIDI numbers them
KEYS = HIGHEST - LOWEST + 1
PICKLE = "JSB Chorales.pickle"
_PARTS = {"train": "train", "validation": "valid", "test": "test"}  # and what the pickle calls them
_SCORE = re.compile(r"(.*/)?corpus/bach/bwv\d[^/]*\.mxl")
_MUSIC = re.compile(r"(?!META-INF/).*xml")  # what a compressed score holds, but for its contents
_VOICES = 4
_LARGEST = 2**24  # bytes of a score unpacked
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Chorales(NamedTuple):
    """Piano rolls with what a report needs to say about them.

    Attributes:
        source: `"pickle"`, which has the published parts, or `"music21"`, which has none.
        description: a sentence for the screen.
        parts: piano rolls, boolean `[T, 88]`: the keys that sound at each step; "train",
            "validation" and "test", or "all" where there are no published parts.
    """

    source: str
    description: str
    parts: dict[str, list[np.ndarray]]


def load_chorales(data_dir: str | Path | None, per_quarter: int = 2) -> Chorales:
    """Reads chorales.

    With `data_dir` they are those of the file `JSB Chorales.pickle` in it, or else of the newest
    wheel of music21 in it; without, those of an installed music21, which is not imported. Of the
    scores of music21 those for four voices are read, without repeats.

    Args:
        data_dir: the folder to look in, or None.
        per_quarter: steps in a quarter note, for scores; the steps of the pickle are fixed.

    Raises:
        DatasetError: if nothing is found, or what is found is damaged.
    """
    if data_dir is None:
        return _of_scores(_installed_scores(), "an installed music21", per_quarter)
    folder = expanded(data_dir)
    check_folder(data_dir, folder)
    if (folder / PICKLE).is_file():
        return _of_pickle(folder / PICKLE)
    wheels = sorted(folder.glob("music21-*.whl"))
    if wheels:
        return _of_scores(read_members(wheels[-1], _SCORE, _LARGEST), str(wheels[-1]), per_quarter)
    raise DatasetError(
        f"{folder}: no chorales here: neither {PICKLE} nor a wheel of music21; it holds "
        f"{listing(folder)}"
    )


def _installed_scores() -> dict[str, bytes]:
    found = importlib.util.find_spec("music21")
    places = (found and found.submodule_search_locations) or ()
    if not places:
        raise DatasetError(
            f"music21 is not installed: install it, or pass a folder with its wheel or {PICKLE}"
        )
    paths = sorted(path for place in places for path in Path(place).glob("corpus/bach/*.mxl"))
    return {str(x): x.read_bytes() for x in paths if _SCORE.fullmatch(x.as_posix())}


def _of_scores(scores: Mapping[str, bytes], where: str, per_quarter: int) -> Chorales:
    scored = [read_mxl(body, name) for name, body in scores.items()]
    rolls = [piano_roll(voices, per_quarter) for voices in scored if len(voices) == _VOICES]
    if not rolls:
        raise DatasetError(f"{where}: no chorales in corpus/bach")
    steps = f"{per_quarter} steps a quarter note"
    description = f"Chorales: {len(rolls)} for four voices of {where}, {steps}."
    return Chorales("music21", description, {"all": rolls})


class Note(NamedTuple):
    """A note of a score; times are in quarter notes from the beginning of the score."""

    begin: Fraction
    end: Fraction
    key: int  # as MIDI numbers it


def read_mxl(body: bytes, name: str) -> list[list[Note]]:
    """Reads a score in compressed MusicXML, once from beginning to end.

    Args:
        body: the bytes of the `.mxl` file.
        name: what to call it in an error.

    Returns:
        The notes of each part; rests are left out, and so are ornaments without a duration.

    Raises:
        DatasetError: if that is no such score.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            inside, *_ = (x for x in packed.infolist() if _MUSIC.fullmatch(x.filename))
            if inside.file_size > _LARGEST:
                raise ValueError("too large")
            root = ElementTree.fromstring(packed.read(inside))
        return [_notes(part) for part in root.findall("part")]
    except Exception as error:  # a damaged score may raise anything
        raise DatasetError(f"{name}: no score in MusicXML ({error})") from None


def _notes(part: ElementTree.Element) -> list[Note]:
    notes, now, divisions = [], Fraction(0), 1
    for measure in part.iter("measure"):
        begin = end = now
        for event in measure:
            if event.tag == "attributes":
                divisions = int(event.findtext("divisions") or divisions)
            length = Fraction(event.findtext("duration") or 0) / divisions
            if event.tag == "backup":
                now -= length
            elif event.tag == "forward":
                now += length
            elif event.tag == "note":
                start = now
                if event.find("chord") is not None:
                    start = begin
                else:
                    begin, now = now, now + length
                if length and (pitch := event.find("pitch")) is not None:
                    notes.append(Note(start, start + length, _key(pitch)))
            end = max(end, now)
        now = end
    return notes


def _key(pitch: ElementTree.Element) -> int:
    step, octave = pitch.findtext("step") or "", pitch.findtext("octave") or ""
    return 12 * (int(octave) + 1) + _SEMITONES[step] + int(float(pitch.findtext("alter") or 0))


def piano_roll(voices: list[list[Note]], per_quarter: int) -> np.ndarray:
    """Returns which keys sound at each step, boolean `[T, 88]`.

    A note sounds at the steps from its beginning up to its end, that one excluded.

    Args:
        voices: the notes of each voice.
        per_quarter: steps in a quarter note.
    """
    notes = [note for voice in voices for note in voice if LOWEST <= note.key <= HIGHEST]
    steps = _step(max((note.end for note in notes), default=Fraction()), per_quarter)
    roll = np.zeros((steps, KEYS), bool)
    for note in notes:
        begin, end = (_step(time, per_quarter) for time in (note.begin, note.end))
        roll[begin:end, note.key - LOWEST] = True
    return roll


def _step(time: Fraction, per_quarter: int) -> int:
    return -(-(time * per_quarter) // 1)  # the first step that is not before it


class _Unpickler(pickle.Unpickler):
    """Reads lists of numbers, and calls nothing."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuses what a pickle names."""
        raise DatasetError(f"names {module}.{name}, which lists of notes do not")


def _of_pickle(path: Path) -> Chorales:
    try:
        whole = _Unpickler(io.BytesIO(path.read_bytes()), encoding="latin1").load()
        parts = {part: [_roll(piece) for piece in whole[name]] for part, name in _PARTS.items()}
    except Exception as error:  # a damaged pickle may raise anything
        raise DatasetError(f"{path}: no chorales ({type(error).__name__}: {error})") from None
    counts = ", ".join(f"{len(rolls)} for {part}" for part, rolls in parts.items())
    return Chorales("pickle", f"JSB Chorales: {counts}, {path}.", parts)


def _roll(piece: list) -> np.ndarray:
    roll = np.zeros((len(piece), KEYS), bool)
    for row, keys in zip(roll, piece, strict=True):
        for key in keys:
            if not LOWEST <= key <= HIGHEST:
                raise ValueError(f"{key} is no key of a piano")
            row[key - LOWEST] = True
    return roll
