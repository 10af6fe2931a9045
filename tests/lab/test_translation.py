"""A network that has learned pairs is asked on the command line."""

import re

import numpy as np
import pytest

from rnnjax import training
from rnnjax.runs.load import load
from tests.lab.launching import launched

SHORT = ("--digits=1", "--hidden=4", "--steps=2", "--eval_every=2", "--batch_size=4")
ADDITION = ("--experiment=addition", *SHORT)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.full
def test_it_translates_after_training_and_again_without_any(tmp_path):
    flags = (*ADDITION, "--attention", f"--workdir={tmp_path}/run")
    done = launched(*flags, "--translate=1+2")
    assert done.code == 0, done.err
    translator = training.Translator(load(tmp_path / "run"))
    (written,) = translator.translate(["1+2"])
    assert done.out.splitlines()[-1] == f"1+2 -> {written}".rstrip() or done.out.endswith(
        f"1+2 -> {written}\n"
    )
    assert re.search(r"test_exact=[\d.e-]+", done.out)
    samples = (tmp_path / "run" / "samples.txt").read_text().splitlines()
    assert samples[0] == "source  wanted  written"
    assert len(samples) == 41
    first, second, wanted = re.match(r"(\d)\+(\d) +(\d+)", samples[1]).groups()
    assert int(first) + int(second) == int(wanted)
    for name in ("samples.png", "samples.pdf", "attention.png", "curves.png"):
        assert (tmp_path / "run" / name).stat().st_size > 1000
    assert not (tmp_path / "run" / "hidden.png").exists()
    again = launched(*flags, "--translate=9+9", "--beams=3")
    assert again.code == 0, again.err
    found = re.findall(r"^9\+9 -> (\S*) +(-?[\d.]+)$", again.out, re.MULTILINE)
    assert len(found) == 3
    wanted = translator.hypotheses("9+9", beams=3)
    assert [text for text, _ in found] == [text for text, _ in wanted]
    scores = [float(score) for _, score in found]
    np.testing.assert_allclose(scores, [score for _, score in wanted], atol=6e-4)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1x2", "'1x2' has 'x', and the symbols are ' +0123456789'"),
        ("12+3", "reads two numbers up to 9, as 1+9; got '12+3'"),
    ],
)
def test_a_source_that_no_network_could_read_is_refused_before_training(tmp_path, source, message):
    done = launched(*ADDITION, f"--translate={source}", f"--workdir={tmp_path}/run")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_other_tasks_do_not_translate():
    done = launched("--experiment=adding", "--translate=1+2")
    assert done.code == 2
    assert "translate" in done.err
    assert "--translate is for an experiment of pairs of texts, as addition" in done.err
    done = launched(*ADDITION, "--beams=3")
    assert done.err == "error: --beams says how --translate is answered: it needs that\n"
    shown = launched("--experiment=addition", "--help").out
    assert "Translation:" in shown
    assert "--beams" in shown
    assert "--generate" not in shown
