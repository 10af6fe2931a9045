"""A run is never gone on with, nor asked, with data other than those that it was trained on."""

import random
import shutil

import pytest

from rnnjax import runs
from tests.lab.launching import launched

CHARACTERS = (
    "--experiment=char_lm",
    "--cell=Elman(2)",
    "--window=5",
    "--batch_size=8",
    "--eval_every=2",
    "--schedule=constant",
    "--nofigures",
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two updates, and its text, which the tests may not change."""
    home = tmp_path_factory.mktemp("characters")
    draw = random.Random(0)
    words = " ".join(draw.choice(["the", "cat", "sat", "on", "a", "mat"]) for _ in range(1000))
    (home / "a.txt").write_text(words)
    done = launched(*CHARACTERS, "--steps=2", f"--text={home}/a.txt", f"--workdir={home}/run")
    assert done.code == 0, done.err
    return home


@pytest.fixture
def home(trained, tmp_path):
    """A copy whose text is elsewhere than the run's flags say."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    flags = tmp_path / "run" / "flags.txt"
    flags.write_text(flags.read_text().replace(str(trained), str(tmp_path)))
    return tmp_path


def resumed(home, name, *argv):
    return launched(*CHARACTERS, f"--text={home}/{name}", f"--workdir={home}/run", *argv)


@pytest.mark.full
def test_a_text_under_another_name_is_the_same_data(home, monkeypatch, tell):
    (home / "a.txt").rename(home / "moved.txt")
    monkeypatch.chdir(home)
    done = launched(*CHARACTERS, "--text=moved.txt", f"--workdir={home}/run", "--steps=4")
    assert done.code == 0, done.err
    assert done.result[1]["steps"] == "4"
    monkeypatch.chdir("/")
    assert runs.load(home / "run").at_step in (2, 4)  # found from anywhere, where it is now
    tell("a run", "its data moved", 1, "goes on with them where they are")


def test_a_text_that_has_changed_is_refused(home, tell):
    # As many letters and as many characters, so that nothing else would tell.
    text = (home / "a.txt").read_text().translate(str.maketrans("act", "cta"))
    (home / "a.txt").write_text(text)
    done = resumed(home, "a.txt", "--steps=4")
    assert done.code == 2
    assert "holds a run with other settings: data is " in done.err
    assert done.err.count("\n") == 1
    with pytest.raises(ValueError, match=r"run was trained on other data than are here: a\.txt"):
        runs.load(home / "run")
    tell("a run", "its data changed, of the same shape", 2, "refused in one line")


def test_parameters_alone_are_used_on_other_data_with_a_line(home, caplog, tell):
    (home / "a.txt").write_text((home / "a.txt").read_text()[::-1])
    done = resumed(home, "a.txt", "--eval_only")
    assert done.code == 0, done.err
    (line,) = caplog.messages
    assert "run was trained on other data than are here: a.txt by characters" in line
    tell("a run", "evaluated on other data", 1, "says so")
