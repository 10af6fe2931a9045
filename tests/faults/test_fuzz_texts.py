"""Texts that are no settings are refused in one line: random ones, and valid ones with faults."""

import inspect
import time

import numpy as np
import pytest

from rnnjax import cells
from rnnjax.text import read
from rnnjax.training.rules import read_rule
from rnnjax.training.schedules import read_schedule
from tests.lab.launching import launched

NAMES = {
    name: getattr(cells, name) for name in cells.__all__ if inspect.isclass(getattr(cells, name))
}
VALID = [
    "LSTM(128)",
    "GRU(hidden=64, reset_init=Normal(0.4))",
    "Stack((LSTM(4), GRU(3)))",
    "adam(b1=0.9, eps=1e-8)",
    "exponential_decay(transition_steps=100, decay_rate=0.9)",
]
PIECES = [*"()[]{},=.:'\"\\\n\0 \t-+*/~`@#%é𝔘", "1e-46", "9" * 50, "None", "lambda:0", "__", "inf"]
PIECES += ["LSTM", "(((", "if", "**", "nan", "hidden=", "f'{1}'", "-", "1e999", "0x", "yield"]


def damaged(draw, text):
    """Returns a text with up to three faults."""
    for _ in range(draw.integers(1, 4)):
        at, piece = draw.integers(len(text) + 1), PIECES[draw.integers(len(PIECES))]
        cut = at + draw.integers(0, 4)
        text = text[:at] + piece * draw.integers(0, 3) + text[cut:]
    return text


READERS = [
    lambda text: read(text, NAMES),
    read_rule,
    lambda text: read_schedule(text, 10),
]


def complaint(reader, text):
    """Returns why a text is refused, nothing if it is read; another error is a fault."""
    try:
        reader(text)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.filterwarnings("ignore:.*:SyntaxWarning", "ignore:.*:DeprecationWarning")
def test_texts_of_calls_are_read_or_refused_in_one_line(tell):
    draw, count, refused = np.random.default_rng(0), 600, 0
    begun = time.perf_counter()
    for index in range(count):
        text = damaged(draw, VALID[index % len(VALID)])
        for reader in READERS:
            said = complaint(reader, text)
            assert len(said.splitlines()) == bool(said), text
            refused += bool(said)
    assert refused > count
    assert time.perf_counter() - begun < 60
    tell("a text of a cell, an optimizer or a schedule", "random faults", 3 * count, "one line")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "-" * 100_000 + "1",
        "a." * 50_000 + "b",
        "LSTM(" * 200 + ")" * 200,
        "9" * 10_000,
    ],
    ids=["brackets", "signs", "dots", "calls", "digits"],
)
def test_texts_without_end_are_refused_soon(text):
    begun = time.perf_counter()
    with pytest.raises(ValueError, match=r"\A.+\Z"):
        read(text, NAMES)
    assert time.perf_counter() - begun < 10


ODD = [
    "",
    " ",
    "\n",
    "a\nb",
    "'",
    '"',
    "\\",
    "é",
    "\udcff",
    "-1",
    "0",
    "1e-46",
    "1e400",
    "nan",
    "none",
]
ODD += [
    "none",
    "9" * 30,
    "true",
    "[",
    "{}",
    "a=b",
    "--",
    "%s",
    "$HOME",
    "../..",
    "LSTM(" * 50,
    "x" * 5000,
]
FLAGS = (
    "length",
    "cell",
    "steps",
    "batch_size",
    "optimizer",
    "learning_rate",
    "schedule",
    "unroll",
)
FLAGS += ("clip_norm", "seed", "devices", "dropout", "precision", "figures", "sweep", "init_from")


@pytest.mark.filterwarnings("ignore:.*:SyntaxWarning", "ignore:.*:DeprecationWarning")
def test_flags_of_any_text_are_refused_in_one_line(tmp_path, monkeypatch, tell):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(1)
    usual = ("--experiment=adding", "--length=none")  # never anything to train
    count = 60
    for _ in range(count):
        flags = [
            f"--{FLAGS[draw.integers(len(FLAGS))]}={ODD[draw.integers(len(ODD))]}"
            for _ in range(draw.integers(1, 4))
        ]
        done = launched(*flags, *usual)
        assert done.code == 2, flags
        assert len(done.err.splitlines()) == 1, (flags, done.err)
        assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())
    tell("a run's flags", "random texts", count, "one line, code 2")
