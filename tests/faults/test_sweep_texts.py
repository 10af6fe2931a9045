"""Texts of `--sweep` that mean nothing, or too much: one line, soon, and nothing is written."""

import contextlib
import time
import tracemalloc

import numpy as np
import pytest

from rnnjax.sweeps.plan import make_plan
from rnnjax.sweeps.space import read_space
from tests.lab.launching import launched
from tests.sweeps.small import SETTINGS

TOO_MUCH = {
    "a range of more than a machine word": "seed=0:" + "9" * 30,
    "a range of a million million": "seed=0:1000000000000",
    "a range that falls that far": "seed=0:-1000000000000:-1",
    "a number of 5,000 digits": "seed=0:" + "9" * 5000,
    "many ranges": "seed=" + ",".join(f"{i}0000:{i + 1}0000" for i in range(1000)),
    "a great grid": "seed=0:9999;length=1:9999;hidden=1:9999;warmup_steps=0:9999",
    "nested calls": "cell=" + "Stack(" * 2000 + ")" * 2000,
    "nested brackets": "cell=" + "(" * 5000 + ")" * 5000,
    "a long name": "x" * 10_000 + "=1",
    "no name": "x" * 10_000,
    "a value often": "learning_rate=" + "1," * 4999 + "1",
    "an axis often": "seed=0:2;" * 1000 + "seed=0:2",
    "a lone surrogate": "length=4,\ud800",
    "a null byte": "seed=0:2\x00",
    "an integer without end": "hidden=int(1," + "9" * 400 + ")",
    "code": "cell=GRU(2),__import__('os').getcwd()",
}
WORDS = (
    *("seed", "learning_rate", "hidden", "cell", "length", "log", "uniform", "int", "choice"),
    *("=", ";", ",", ":", "(", ")", "[", "]", "{", "}", " ", "\n", "\t", "\\", "'", '"', "%", "$"),
    *("0", "1", "-1", "1e-3", "1e400", "nan", "none", "true", "0:3", "9" * 40, "ü", "\U0001f600"),
    *("GRU", "Elman(2)", "Stack", "x=1", "**", "#", "\x00", "\u2028"),
)
RIGHT = (
    "seed=0:3",
    "learning_rate=1e-3,1e-2;seed=0:2",
    "cell=Elman(2),GRU(2);learning_rate=log(1e-4,1e-1)",
    "hidden=int(2,4)",
)


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_is_refused_soon_in_one_line(tmp_path, monkeypatch, tell, text):
    monkeypatch.chdir(tmp_path)
    tracemalloc.start()
    begin = time.process_time()
    done = launched(
        *("--experiment=adding", "--steps=4", "--batch_size=4", f"--sweep={text}"),
        f"--workdir={tmp_path / 'sw'}",
    )
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - begin < 10
    assert most < 100e6
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: ")
    assert len(done.err) < 400
    assert list(tmp_path.iterdir()) == []
    tell("--sweep", "texts that mean too much, or nothing", 1, "one line, exit code 2")


@pytest.mark.parametrize("count", [200, pytest.param(20_000, marks=pytest.mark.full)])
def test_random_texts_are_read_or_refused(tell, count):
    draws = np.random.default_rng(0)
    for number in range(count):
        text = _random(draws) if number % 2 else _spoilt(draws)
        with contextlib.suppress(ValueError):
            assert read_space(text)
    tell("--sweep", "random texts, and right ones spoilt", count, "read, or refused in one line")


@pytest.mark.parametrize("count", [20, pytest.param(500, marks=pytest.mark.full)])
def test_spoilt_texts_make_a_plan_or_are_refused(tell, count):
    draws = np.random.default_rng(1)
    for number in range(count):
        sampler = ("grid", "random", "tpe", "qmc")[number % 4]
        trials = None if sampler == "grid" else 2
        with contextlib.suppress(ValueError):
            assert make_plan(SETTINGS, _spoilt(draws), sampler=sampler, trials=trials).size
    tell("--sweep", "right texts spoilt, with every sampler", count, "a plan, or one line")


def _random(draws):
    return "".join(draws.choice(WORDS, draws.integers(1, 14)))


def _spoilt(draws):
    """Returns a right text with a letter less, or something more."""
    text = list(draws.choice(RIGHT))
    for _ in range(draws.integers(1, 4)):
        at = int(draws.integers(len(text) + 1))
        if draws.random() < 0.5 and text:
            text.pop(min(at, len(text) - 1))
        else:
            text.insert(at, str(draws.choice(WORDS)))
    return "".join(text)
