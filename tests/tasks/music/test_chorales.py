"""Chorales, by scores and a pickle written by hand."""

import io
import math
import pickle
import zipfile

import numpy as np
import pytest

from rnnjax.datasets import DatasetError, chorales
from rnnjax.tasks import Chorales
from tests.tasks.compiled import held_out, judge, trained_on

PIECES = {  # two steps and three, as the published pickle has them
    "train": [[(60, 64), (60, 64), (62,)], [(21,), ()]],
    "valid": [[(60,), (61,), (62,), (108,)]],
    "test": [[(70,), (71,)]],
}


def note(key="", length=1, more=""):
    pitch = "<rest/>"
    if key:
        alter = {"#": 1, "-": -1}.get(key[1:-1], 0)
        pitch = (
            f"<pitch><step>{key[0]}</step><alter>{alter}</alter><octave>{key[-1]}</octave></pitch>"
        )
    duration = f"<duration>{length}</duration>" if length else ""
    return f"<note>{more}{pitch}{duration}</note>"


def score(*voices, divisions=2):
    """Packs voices, each a list of measures."""
    parts = ""
    for voice in voices:
        measures = "".join(f"<measure>{measure}</measure>" for measure in voice)
        head = f"<attributes><divisions>{divisions}</divisions></attributes>"
        parts += f"<part>{measures.replace('<measure>', '<measure>' + head, 1)}</part>"
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        packed.writestr("META-INF/container.xml", "<container/>")
        packed.writestr("score.xml", f"<score-partwise>{parts}</score-partwise>")
    return body.getvalue()


FOUR = score(
    [note("C5", 2) + note("D5", 2), note("E5", 4)],
    [note("G4", 4), note("", 2) + note("G4", 2)],
    [note("F#4", 1) + note("B-3", 3), note("C4", 4)],
    [note("C3", 4), note("C3", 0, "<grace/>") + note("B2", 4)],
)


def keys(roll):
    return [(chorales.LOWEST + np.flatnonzero(row)).tolist() for row in roll]


@pytest.fixture
def pickled(tmp_path):
    (tmp_path / chorales.PICKLE).write_bytes(pickle.dumps(PIECES, protocol=0))
    return str(tmp_path)


@pytest.fixture
def wheel(tmp_path):
    """A wheel of ten chorales for four voices, and of other things."""
    with zipfile.ZipFile(tmp_path / "music21-1.0-py3-none-any.whl", "w") as packed:
        for i in range(10):
            packed.writestr(f"music21/corpus/bach/bwv{i}.6.mxl", FOUR)
        packed.writestr("music21/corpus/bach/bwv11.6.mxl", score([note("C5", 2)]))
        packed.writestr("music21/corpus/palestrina/a.mxl", FOUR)
    return str(tmp_path)


def test_a_score_is_what_sounds_at_each_step():
    roll = chorales.piano_roll(chorales.read_mxl(FOUR, "four"), per_quarter=2)
    assert keys(roll) == [
        [48, 66, 67, 72],
        [48, 58, 67, 72],
        [48, 58, 67, 74],
        [48, 58, 67, 74],
        [47, 60, 76],
        [47, 60, 76],
        [47, 60, 67, 76],
        [47, 60, 67, 76],
    ]
    assert keys(chorales.piano_roll(chorales.read_mxl(FOUR, "four"), 1)) == [
        [48, 66, 67, 72],
        [48, 58, 67, 74],
        [47, 60, 76],
        [47, 60, 67, 76],
    ]


def test_chords_and_second_layers_sound_together():
    layers = note("C4", 2) + note("E4", 2, "<chord/>") + note("D4", 2)
    layers += "<backup><duration>4</duration></backup><forward><duration>1</duration></forward>"
    layers += note("A4", 1)
    roll = chorales.piano_roll(chorales.read_mxl(score([layers, note("B4", 1)]), "x"), 2)
    assert keys(roll) == [[60, 64], [60, 64, 69], [62], [62], [71]]


def test_parts_of_the_pickle_are_as_published_and_each_step_is_answered_by_the_next(pickled):
    task = Chorales(pickled)
    assert {part: len(ex.inputs) for part, ex in task.parts.items()} == {
        "train": 2,
        "validation": 1,
        "test": 1,
    }
    batch = held_out(task.source("validation", 2))
    assert batch.inputs.shape == batch.targets.shape == (3, 2, 88)
    assert keys(batch.inputs[:, 0]) == [[60], [61], [62]]
    assert keys(batch.targets[:, 0]) == [[61], [62], [108]]
    assert batch.mask.tolist() == [[True, False]] * 3
    assert task.parts["train"].lengths.tolist() == [2, 1]
    assert task.token == "chorales:pickle:4"


def test_the_loss_is_the_sum_over_keys_and_the_mean_over_steps(pickled):
    task = Chorales(pickled)
    batch = trained_on(task.source("train", 2))
    random = np.random.default_rng(0)
    outputs = random.normal(size=batch.targets.shape).astype(np.float32)
    total, hits, either = 0.0, 0, 0
    for t, b in np.argwhere(batch.mask):
        for x, y in zip(outputs[t, b], batch.targets[t, b], strict=True):
            p = 1 / (1 + math.exp(-x))
            total -= math.log(p if y else 1 - p)
            hits += (p > 0.5) and y
            either += (p > 0.5) or y
    loss, gradient, accuracy = judge(task, outputs, batch)
    assert loss == pytest.approx(total / 3, rel=1e-5)
    assert accuracy is None
    assert task.metrics(outputs, batch)["frame_accuracy"] == pytest.approx(hits / either, rel=1e-6)
    assert not gradient[~batch.mask].any()
    hidden = np.where(batch.mask[..., None], outputs, np.float32(np.nan))
    assert judge(task, hidden, batch)[0] == loss


def test_the_baseline_is_the_loss_of_how_often_each_key_sounds(pickled):
    task = Chorales(pickled)
    examples = task.parts["train"]
    p = np.zeros(88)
    for key in (60, 64, 62):  # what is to be said at the three steps: 60 and 64; 62; nothing
        p[key - 21] = 1 / 3
    logits = np.log(np.maximum(p, 1e-9)) - np.log1p(-p)
    batch = trained_on(task.source("train", 2))
    outputs = np.broadcast_to(logits, batch.targets.shape).astype(np.float32)
    assert judge(task, outputs, batch)[0] == pytest.approx(task.baseline, rel=1e-4)
    assert examples.inputs.dtype == np.float32


def test_scores_of_a_wheel_are_divided_by_shares(wheel):
    task = Chorales(wheel)
    assert {part: len(ex.inputs) for part, ex in task.parts.items()} == {
        "train": 7,
        "validation": 1,
        "test": 2,
    }
    assert "10 for four voices" in task.description
    assert task.token == "chorales:music21:10"
    assert Chorales(wheel, per_quarter=1).parts["train"].inputs.shape == (7, 3, 88)


def test_an_installed_music21_is_read_without_importing_it(tmp_path, monkeypatch):
    folder = tmp_path / "music21" / "corpus" / "bach"
    folder.mkdir(parents=True)
    (tmp_path / "music21" / "__init__.py").write_text("raise ImportError('never imported')")
    (folder / "bwv1.6.mxl").write_bytes(FOUR)
    monkeypatch.syspath_prepend(tmp_path)
    assert len(chorales.load_chorales(None).parts["all"]) == 1


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"no chorales here: neither JSB Chorales\.pickle nor a wheel of music21"),
        ({chorales.PICKLE: b"x"}, r"JSB Chorales\.pickle: no chorales \(UnpicklingError"),
        ({chorales.PICKLE: pickle.dumps(print)}, "no chorales .*names builtins.print"),
        ({chorales.PICKLE: pickle.dumps({"train": []})}, "no chorales .KeyError"),
        (
            {chorales.PICKLE: pickle.dumps({**PIECES, "test": [[(20,)]]})},
            "20 is no key of a piano",
        ),
        ({"music21-1.whl": b"x"}, r"music21-1\.whl: no readable zip archive"),
    ],
)
def test_files_that_are_another_thing_are_told_in_one_line(files, message, tmp_path):
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    with pytest.raises(DatasetError, match=message) as caught:
        Chorales(str(tmp_path)).source("train", 2)
    assert "\n" not in str(caught.value)


def test_a_score_that_is_none_is_told(wheel, tmp_path):
    with zipfile.ZipFile(tmp_path / "music21-1.0-py3-none-any.whl", "a") as packed:
        packed.writestr("music21/corpus/bach/bwv99.6.mxl", b"no score")
    with pytest.raises(DatasetError, match=r"bwv99\.6\.mxl: no score in MusicXML"):
        chorales.load_chorales(wheel)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"per_quarter": 0}, "per_quarter must be 1 or more"),
        ({"validation": 0.5, "test": 0.5}, "shares that leave some to train"),
        ({"test": -0.1}, "shares that leave some to train"),
    ],
)
def test_what_cannot_be_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        Chorales("/nowhere", **settings)
