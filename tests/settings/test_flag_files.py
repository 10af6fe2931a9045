"""What is written as flags is read back: texts of any kind, by absl as a user's command does."""

import random

import pytest
from absl import flags

from rnnjax.runs.folders import workdir_of
from rnnjax.settings import settings_of
from rnnjax.settings.fields import flag_line, one_line
from rnnjax.sweeps.folder import flags_of
from rnnjax.sweeps.plan import make_plan

LETTERS = "ab -=#/'\"\\,;()\t\n\r\x0b\x0c\x1c\x85\xa0\u2028±\N{SNOWMAN}\N{GRINNING FACE}"


@pytest.fixture
def read_back(tmp_path):
    """Returns what the words are that a flag file stands for."""

    def read(text):
        file = tmp_path / "flags.txt"
        file.write_text(text, encoding="utf-8")
        return flags.FlagValues().read_flags_from_files([f"--flagfile={file}"], force_gnu=True)

    return read


def fits(text):
    try:
        flag_line("data_dir", text)
    except ValueError:
        return False
    return True


def test_a_flag_is_read_back_letter_for_letter_or_refused(read_back):
    draws = random.Random(0)
    texts = ["".join(draws.choices(LETTERS, k=draws.randrange(8))) for _ in range(3000)]
    kept = [text for text in texts if fits(text)]
    assert len(kept) > 500
    lines = [flag_line("data_dir", text) for text in kept]
    assert read_back("\n".join(lines)) == [f"--data_dir={text}" for text in kept]
    for text in set(texts) - set(kept):
        assert text != text.rstrip() or "\n" in text or "\r" in text


def test_texts_of_values_may_have_several_lines(read_back):
    settings = settings_of("adding").replace(
        cell="Stack((\n  LSTM(4),\r\n  GRU(2),\n))\n", unroll="Checkpointed(\n    block=28)\n"
    )
    workdir = workdir_of(settings, "/runs/a")
    words = dict(word[2:].split("=", 1) for word in read_back(workdir.flags))
    assert words["unroll"] == "Checkpointed( block=28)"
    assert words.pop("experiment") == "adding"
    assert workdir_of(settings_of("adding").parse(words), "/runs/a") == workdir


def test_a_sweep_may_be_said_in_several_lines(read_back):
    text = "\n  learning_rate=1e-3,1e-2;\n  cell=LSTM(4),\n    GRU(4);\n  seed=0:2\n"
    settings = settings_of("adding").replace(length=5)
    plan = make_plan(settings, text)
    words = dict(word[2:].split("=", 1) for word in read_back(flags_of(plan)))
    assert words["sweep"] == one_line(text)
    assert make_plan(settings, words["sweep"]).units == plan.units


@pytest.mark.parametrize("folder", ["/data/a\nb", "/data/a\rb", "/data/a "])
def test_a_folder_that_no_flag_file_can_name_is_refused(folder):
    with pytest.raises(ValueError, match="no flag file") as error:
        workdir_of(settings_of("adding"), "/runs/a", init_from=folder)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="no flag file"):
        settings_of("mnist_rnn").replace(data_dir=folder).as_flags()
