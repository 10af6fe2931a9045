"""Folders and files with odd names, missing, or of another kind: one line, and exit code 2."""

import pytest

from tests.lab.launching import launched

MISSING = {
    "newline": "/nowhere/a\nb",
    "quotes": "/nowhere/'\"`$(x)",
    "not UTF-8": "/nowhere/\udcff",
    "long": "/nowhere/" + "x" * 5000,
    "null": "/nowhere/a\0b",
    "nobody": "~nobody-of-this-name/x",
    "pattern": "/nowhere/a[1]*",
    "bytes": "/nowhere/\u202e\u0000",
}
ADDING = ("--experiment=adding", "--length=4", "--cell=Elman(2)", "--batch_size=4", "--steps=2")
COMMANDS = {
    "data_dir": ("--experiment=mnist_rnn", "--data_dir={}"),
    "series": ("--experiment=japanese_vowels", "--data_dir={}"),
    "text": ("--experiment=char_lm", "--text={}"),
    "init_from": (*ADDING, "--init_from={}", "--workdir={tmp}/run"),
    "eval_only": (*ADDING, "--eval_only", "--workdir={}"),
    "sweep_report": ("--sweep_report={}",),
    "flagfile": ("--flagfile={}",),
    "experiment": ("--experiment={}.py",),
    "storage": (*ADDING, "--sweep=seed=0:2", "--storage={}", "--workdir={tmp}/run"),
    "import": (*ADDING, "--import={}", "--workdir={tmp}/run"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_not_there_is_refused_in_one_line(command, tmp_path, monkeypatch, tell):
    monkeypatch.chdir(tmp_path)
    for kind, path in MISSING.items():
        words = [word.format(path, tmp=tmp_path) for word in COMMANDS[command]]
        done = launched(*words)
        assert done.code == 2, (kind, done.err)
        assert len(done.err.splitlines()) == 1, (kind, done.err)
        assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())
    tell(
        f"a path (--{command})", "odd names of what is not there", len(MISSING), "one line, code 2"
    )


@pytest.mark.parametrize("path", ["long", "null"])
def test_a_folder_that_cannot_be_made_is_refused_in_one_line(path, tmp_path, tell):
    done = launched(*ADDING, f"--workdir={tmp_path}{MISSING[path]}")
    assert done.code == 2, done.err
    assert len(done.err.splitlines()) == 1, done.err
    assert not list(tmp_path.iterdir())
    tell("a path (--workdir)", "a name that no folder can have", 1, "one line, code 2")
