"""What the command of tools reads, writes and refuses."""

import json

import numpy as np
import pytest

from rnnjax.analysis import tools
from tests.lab.launching import launched


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("lyapunof", "--tool=lyapunof: the tools are fixed_points, time_constants"),
        ("fixed_points(start=3)", "fixed_points has no start; it has starts, noise"),
        ("fixed_points(starts=0)", "starts=0 is not at least 1"),
        ("fixed_points(starts=2.5)", "starts=2.5 is not of the type int"),
        ("fixed_points(starts=True)", "starts=True is not of the type int"),
        ("fixed_points(3)", "fixed_points(3): settings are given by name; it has starts, "),
        ("lyapunov(x=('a',))", "x[0]='a' is not of the type float"),
        ("fixed_points(x=1)", "x=1 is not of the type tuple"),
        ("fixed_points(", "cannot read 'fixed_points('"),
    ],
)
def test_a_tool_that_is_not_there_is_refused(said, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is looked at below)
        tools.read_tool(said, tools.TOOLS)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def refused(*argv):
    done = launched("--experiment=analyse", *argv)
    assert (done.code, done.out) == (2, ""), done.err
    assert done.err.count("\n") == 1
    return done.err


def test_the_command_refuses_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "name a tool, --tool=NAME: fixed_points" in refused()
    assert "--tool=nothing: the tools are fixed_points" in refused("--tool=nothing")
    assert "name the folder of a run" in refused("--tool=fixed_points")
    assert "holds no run" in refused("--tool=fixed_points", "--run=nowhere")
    assert "Unknown command line flag 'steps'" in refused("--tool=fixed_points", "--steps=3")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_what_it_finds_beside_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = ("--length=8", "--hidden=3", "--steps=2", "--eval_every=2", "--batch_size=4")
    assert launched("--experiment=flip_flop", *small, "--nofigures", "--workdir=run").code == 0
    done = launched("--experiment=analyse", "--run=run", "--tool=fixed_points(starts=20)")
    assert done.code == 0, done.err
    folder = tmp_path / "run" / "analysis" / "fixed_points"
    name, words = done.result
    assert (name, words["folder"]) == ("fixed_points", str(folder))
    numbers = json.loads((folder / "numbers.json").read_text())
    assert words["stable"] == str(numbers["stable"])
    with np.load(folder / "arrays.npz") as arrays:
        assert len(arrays["points"]) == len(numbers["points"]) > 0
    assert {path.suffix for path in folder.iterdir()} == {".json", ".npz", ".png", ".pdf"}
    again = launched("--experiment=flip_flop", *small, "--nofigures", "--workdir=run")
    assert again.code == 0, again.err  # the run is still one
