"""Speech Commands, by made-up folders in the published form."""

import wave

import numpy as np
import pytest

from rnnjax.datasets import DatasetError
from rnnjax.datasets.speech import TEN
from rnnjax.tasks import SpeechCommands
from tests.tasks.compiled import held_out, trained_on


def write(path, samples, channels=1, rate=16000):
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((channels, 2, rate, 0, "NONE", ""))
        sound.writeframes(samples.astype("<i2").tobytes())


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of the ten words and another one, five utterances each, and what they are."""
    folder, random, sounds = tmp_path_factory.mktemp("speech"), np.random.RandomState(0), {}
    lists = {"validation": [], "testing": []}
    for word in (*TEN, "wow"):
        for i in range(5):
            name = f"{word}/{i}_nohash_0.wav"
            length = (16000, 9001, 16500, 16000, 16000)[i]
            sounds[name] = random.randint(-(2**15), 2**15, length)
            write(folder / name, sounds[name])
            if i > 2:
                lists["testing" if i == 4 else "validation"].append(name)
    (folder / "_background_noise_").mkdir()
    for part, names in lists.items():
        (folder / f"{part}_list.txt").write_text("\n".join(names) + "\n")
    return folder, sounds


@pytest.mark.parametrize("every", [1, 2, 7])
def test_a_sequence_is_the_samples_of_a_second(made, every):
    folder, sounds = made
    task = SpeechCommands(str(folder), every=every)
    assert (task.input_dim, task.output_dim, task.per_step) == (1, 10, False)
    wanted = {}
    for i in range(3):
        for label, word in enumerate(TEN):
            whole = np.zeros(16000)
            sound = sounds[f"{word}/{i}_nohash_0.wav"][:16000]
            whole[: len(sound)] = sound
            wanted[(whole[::every] / 2**15).astype(np.float32).tobytes()] = label
    batch = trained_on(task.source("train", 30))
    assert batch.inputs.shape == (-(-16000 // every), 30, 1)
    found = {batch.inputs[:, b, 0].tobytes(): batch.targets[b] for b in range(30)}
    assert found == wanted


def test_parts_are_those_of_the_lists(made):
    folder, sounds = made
    task = SpeechCommands(str(folder), words="all")
    assert task.found.words == tuple(sorted([*TEN, "wow"]))
    for part, i in (("validation", 3), ("test", 4)):
        batch = held_out(task.source(part, 11))
        assert batch.targets.tolist() == list(range(11))
        first = sounds[f"down/{i}_nohash_0.wav"] / 2**15
        np.testing.assert_array_equal(batch.inputs[:, 0, 0], first.astype(np.float32))
    assert task.baseline == pytest.approx(np.log(11))
    assert task.token == "speech_commands:all:55"
    assert len(task.digest) == 64
    assert "33 training, 11 validation and 11 test utterances of 16000" in task.description


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (
            lambda folder: (folder / "validation_list.txt").unlink(),
            "validation_list.txt: cannot be",
        ),
        (lambda folder: (folder / "yes").rename(folder / "yeah"), "no folder of yes; it holds"),
        (lambda folder: (folder / "on/0.wav").write_text("x"), "on/0.wav: no readable WAV file"),
        (lambda folder: cut(folder / "on/0.wav"), "on/0.wav: no readable WAV file"),
        (
            lambda folder: write(folder / "on/0.wav", np.zeros(4), channels=2),
            "2 channels of 16 bits",
        ),
        (lambda folder: write(folder / "on/0.wav", np.zeros(4), rate=8000), "at 8000 Hz, expected"),
    ],
)
def test_folders_that_are_another_thing_are_told_in_one_line(break_it, message, tmp_path):
    for word in TEN:
        write(tmp_path / word / "0.wav", np.zeros(3))
    for part in ("validation", "testing"):
        (tmp_path / f"{part}_list.txt").write_text("")
    break_it(tmp_path)
    with pytest.raises(DatasetError, match=message) as caught:
        SpeechCommands(str(tmp_path)).source("train", 2)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_is_refused_in_one_line():
    with pytest.raises(ValueError, match="every must be 1 to 16000"):
        SpeechCommands("/nowhere", every=0)
    with pytest.raises(DatasetError, match="/nowhere: no such folder"):
        SpeechCommands("/nowhere").source("train", 2)
