import itertools
import math
import pathlib
from collections import Counter

import numpy as np
import pytest

from rnnjax import tasks
from rnnjax.datasets import DatasetError, texts
from rnnjax.datasets.texts import load_text
from rnnjax.tasks.text.streams import Streams
from rnnjax.tasks.text.vocabulary import UNKNOWN
from tests.tasks.compiled import held_out, judge, trained_on

PROSE = "To be, or not to be:\nthat is the question. Whether 'tis nobler in the mind\n" * 40


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "prose.txt"
    path.write_text(PROSE)
    return str(path)


@pytest.mark.parametrize("unit", ["characters", "words", "bytes"])
def test_what_is_encoded_is_decoded(unit):
    text = PROSE if unit != "words" else PROSE.lower()
    vocabulary = tasks.Vocabulary.of(text, unit)
    found = vocabulary.decode(vocabulary.encode(text))
    if unit == "words":
        assert found.replace(" ", "") == text.replace(" ", "")
        assert found.splitlines()[0] == "to be , or not to be :"
    else:
        assert found == text


def test_bytes_read_any_text_and_characters_know_those_of_training_alone():
    vocabulary = tasks.Vocabulary.of("abc", "bytes")
    assert len(vocabulary) == 256
    assert vocabulary.encode("é\n").tolist() == [0xC3, 0xA9, 10]
    assert vocabulary.decode([0xC3, 0xA9, 0xFF]) == f"é{UNKNOWN}"
    assert list(vocabulary.pieces([0xC3, 0xA9]))[:2] == ["", "é"]
    words = tasks.Vocabulary.of("to be", "words")
    for before, wanted in (("", "be to"), ("to", " be to"), ("to ", "be to"), ("to\n", "be to")):
        assert "".join(words.pieces(words.encode("be to"), before)) == wanted
    letters = tasks.Vocabulary.of("abca", "characters", most=3)
    assert letters.symbols[0] == UNKNOWN
    assert "a" in letters.symbols
    assert len(letters) == 3
    assert letters.encode("z").tolist() == [0]


@pytest.mark.parametrize(("text", "most"), [("", None), ("abc", 1)])
def test_a_vocabulary_of_nothing_is_refused(text, most):
    with pytest.raises(ValueError, match=r"empty|2 symbols or more"):
        tasks.Vocabulary.of(text, "characters", most)


@pytest.mark.parametrize(("count", "B", "T"), [(100, 4, 7), (10, 3, 5), (13, 2, 4), (50, 1, 50)])
def test_windows_of_all_streams_hold_each_symbol_once_with_the_one_after(count, B, T):
    symbols = np.random.default_rng(0).integers(0, 50, count).astype(np.int32)
    streams, pairs, rows = Streams(symbols, B, T), [], {b: [] for b in range(B)}
    for index in range(streams.batches):
        batch = held_out(streams, index)
        for b in range(B):
            there = batch.mask[:, b]
            rows[b] += batch.inputs[there, b].tolist()
            pairs += zip(
                batch.inputs[there, b].tolist(), batch.targets[there, b].tolist(), strict=True
            )
    assert Counter(pairs) == Counter(zip(symbols[:-1].tolist(), symbols[1:].tolist(), strict=True))
    assert [s for b in range(B) for s in rows[b]] == symbols[:-1].tolist()
    assert streams.updates_per_epoch == -(-(count - 1) // B) // T


def test_parts_follow_one_another_and_hold_all_the_text(file):
    task = tasks.Text(file, window=9, validation=0.1, test=0.2)
    parts = [task.numbers(part) for part in ("train", "validation", "test")]
    assert task.vocabulary.decode(np.concatenate(parts)) == PROSE
    shares = np.array([len(part) for part in parts]) / len(PROSE)
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=1e-3)
    batch = trained_on(task.source("train", 4), 3)
    assert batch.inputs.shape == batch.targets.shape == (9, 4)
    assert (batch.inputs[1:] == batch.targets[:-1]).all()
    assert tasks.Text(file, validation=0.0).source("validation", 4) is None


def test_the_baseline_is_the_loss_of_counts_of_pairs(file):
    task = tasks.Text(file, validation=0.0, test=0.0)
    pairs = Counter(itertools.pairwise(PROSE))
    firsts = Counter(PROSE[:-1])
    wanted = -sum(n * math.log(n / firsts[a]) for (a, _), n in pairs.items()) / (len(PROSE) - 1)
    assert task.baseline == pytest.approx(wanted, rel=1e-9)
    assert f"{wanted / math.log(2):.2f} bits" in task.description


@pytest.mark.parametrize("unit", ["characters", "words", "bytes"])
def test_bits_are_the_loss_by_another_logarithm(file, unit):
    task = tasks.Text(file, unit=unit, window=6)
    batch = trained_on(task.source("train", 2))
    outputs = np.random.default_rng(0).normal(size=(6, 2, task.output_dim)).astype(np.float32)
    loss = judge(task, outputs, batch)[0]
    found = task.metrics(outputs, batch)
    assert found[f"bits_per_{unit[:-1]}"] == pytest.approx(loss / math.log(2), rel=1e-6)


def test_documentation_is_collected_once_each_but_not_of_tests(tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "a.py").write_text('"""Of a test."""')
    (tmp_path / "b.py").write_text(
        'class A:\n    """Second."""\n\n\nclass B(A):\n    """Second."""'
    )
    (tmp_path / "a.py").write_text('"""First.\n\n    More.\n"""\nx = "no documentation"')
    (tmp_path / "c.py").write_text("no Python")
    assert texts._documentation(tmp_path) == "First.\n\nMore.\n\nSecond.\n"


@pytest.mark.full
def test_the_text_that_python_brings_is_documentation():
    found = load_text()
    assert 10**6 < len(found.text) < 10**7
    assert "Return a shallow copy" in found.text
    assert found.token.startswith("python-3.")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"window": 0}, "window must be 1 or more"),
        ({"most_symbols": 1}, "most_symbols must be 2 or more"),
        ({"validation": 0.6, "test": 0.4}, "shares that leave some to train"),
        ({"test": -0.1}, "shares that leave some to train"),
    ],
)
def test_texts_that_cannot_be_cut_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        tasks.Text(**settings)


def test_files_that_are_no_text_are_told_in_one_line(tmp_path, file):
    image = tmp_path / "image.png"
    image.write_bytes(bytes(range(128, 256)) * 20)
    with pytest.raises(DatasetError, match=r"no text in UTF-8.*--unit=bytes"):
        tasks.Text(str(image)).input_dim  # noqa: B018
    assert tasks.Text(str(image), unit="bytes").numbers("train")[0] == 128
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(DatasetError, match="an empty file"):
        tasks.Text(str(tmp_path / "empty.txt")).input_dim  # noqa: B018
    with pytest.raises(DatasetError, match="no such file"):
        tasks.Text(str(pathlib.Path(file).with_name("none.txt"))).input_dim  # noqa: B018
    with pytest.raises(ValueError, match=r"has nothing to train on: .* are no 4000 windows of 64"):
        tasks.Text(file).source("train", 4000)


@pytest.mark.parametrize("text", ["a", "ab", "to be " * 5])
def test_a_text_that_is_too_short_is_told_in_the_same_words(tmp_path, text):
    (tmp_path / "short.txt").write_text(text)
    task = tasks.Text(str(tmp_path / "short.txt"), validation=0.3, test=0.3)
    with pytest.raises(ValueError, match=r"^Text\(.*\) has nothing to train on: "):
        task.source("train", 8)


def test_ends_of_lines_are_read_as_they_are(tmp_path):
    body = b"a\r\nb\rc\n" * 99
    (tmp_path / "lines.txt").write_bytes(body)
    task = tasks.Text(str(tmp_path / "lines.txt"), unit="bytes", validation=0.0, test=0.0)
    assert bytes(task.numbers("train").tolist()) == body


def test_a_unit_that_there_is_not_is_refused_and_not_another_task(file):
    for make in (lambda: tasks.Text(file, unit="word"), lambda: tasks.IMDB("", unit="word")):  # pyright: ignore[reportArgumentType]
        with pytest.raises(ValueError, match=r"unit must be one of characters, words, bytes; g"):
            make()
    with pytest.raises(ValueError, match=r"^Vocabulary: unit must be .*; got 'word'$"):
        tasks.Vocabulary.of("to be", "word")  # pyright: ignore[reportArgumentType]
