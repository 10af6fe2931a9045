"""IMDB, by made-up folders in the published form."""

import math

import numpy as np
import pytest

from rnnjax.datasets import DatasetError
from rnnjax.tasks import IMDB, Arrays
from tests.tasks.compiled import held_out

TEXTS = {
    ("train", "neg"): ["A bad film.", "Bad, bad & long: " + "boring " * 20],
    ("train", "pos"): ["A good film.", "Good!", "Très good."],
    ("test", "neg"): ["Not a good film", "bad"],
    ("test", "pos"): ["Good good"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("imdb")
    for (part, kind), texts in TEXTS.items():
        (folder / "aclImdb" / part / kind).mkdir(parents=True)
        for i, text in enumerate(texts):
            (folder / "aclImdb" / part / kind / f"{i}_7.txt").write_text(text, encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("unit", ["bytes", "characters", "words"])
@pytest.mark.parametrize("length", [5, 64])
def test_what_is_encoded_is_the_beginning_of_a_review(unit, length, folder):
    task = IMDB(folder, unit=unit, length=length, validation=0.0)
    inputs, labels, lengths = task.parts["train"]
    texts = [*TEXTS["train", "neg"], *TEXTS["train", "pos"]]
    assert labels.tolist() == [0, 0, 1, 1, 1]
    assert inputs.shape == (5, length)
    for x, n, text in zip(inputs, lengths, texts, strict=True):
        said = task.vocabulary.decode(x[:n])
        if unit == "words":
            assert said.split()[0] == text.lower().split()[0].strip(",.!")
        elif unit == "bytes":
            assert said == text.encode()[:length].decode("utf-8", "replace")
        else:
            assert said == text[:length]
        assert not x[n:].any()
    assert task.embedded
    assert task.input_dim == (256 if unit == "bytes" else len(task.vocabulary))


def test_words_that_training_has_not_are_unknown_and_frequent_ones_are_kept(folder):
    task = IMDB(folder, unit="words", validation=0.0)
    assert task.parts["test"].inputs[0, 0] == 0  # "not"
    few = IMDB(folder, unit="words", most_symbols=3, validation=0.0)
    assert few.input_dim == 3
    assert "boring" in few.vocabulary.symbols


def test_a_batch_is_symbols_time_first_and_what_follows_is_no_step(folder):
    task = IMDB(folder, length=12, validation=0.2)
    assert {part: len(ex.inputs) for part, ex in task.parts.items()} == {
        "train": 4,
        "validation": 1,
        "test": 3,
    }
    batch = held_out(task.source("test", 4))
    assert (batch.inputs.shape, batch.inputs.dtype) == ((12, 4), np.int32)
    assert batch.steps.sum(0).tolist() == [12, 3, 9, 0]
    assert batch.mask.tolist() == [True, True, True, False]
    assert batch.targets[:3].tolist() == [0, 0, 1]
    assert task.baseline == pytest.approx(-(0.4 * math.log(0.4) + 0.6 * math.log(0.6)))
    assert (task.token, task.title) == ("imdb:8", "IMDB by bytes")


def test_inputs_that_are_no_symbols_are_refused(folder):
    wrong = type("Wrong", (IMDB,), {"input_dim": 100})(folder, validation=0.0)
    with pytest.raises(ValueError, match=r"train: an input is \d+, symbols are 0 to 99"):
        wrong.source("train", 1)
    assert Arrays((np.full((3, 4), 999), np.arange(3))).input_dim == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: IMDB(folder, length=0), ".*length must be 1 or more"),
        (lambda folder: IMDB(folder, most_symbols=1), ".*most_symbols must be 2 or more"),
        (lambda folder: IMDB(folder, validation=1.0), ".*validation must be a share"),
        (lambda folder: IMDB("/nowhere").input_dim, "/nowhere: no such folder"),
        (lambda folder: IMDB(f"{folder}/aclImdb/train").input_dim, ".*no aclImdb here"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(make, message, folder):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        make(folder)
    assert "\n" not in str(caught.value)


def test_a_part_without_reviews_is_told(tmp_path):
    (tmp_path / "train" / "neg").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"neg: no such folder, or no \.txt in it"):
        IMDB(str(tmp_path)).input_dim  # noqa: B018
