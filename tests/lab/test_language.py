import re

import pytest

from tests.lab.launching import launched

PROSE = "to be, or not to be: that is the question.\n" * 40


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("language")
    (folder / "prose.txt").write_text(PROSE)
    (folder / "lines.txt").write_text("to be\nquestion\n")
    flags = (
        "--experiment=char_lm",
        f"--text={folder}/prose.txt",
        "--hidden=16",
        "--embedding=8",
        "--batch_size=4",
        "--window=16",
        "--steps=60",
        "--eval_every=60",
        "--learning_rate=0.02",
        "--nofigures",
        f"--workdir={folder}/run",
    )
    return folder, flags, launched(*flags)


def test_the_result_line_has_bits_per_character(run):
    _, _, done = run
    assert done.code == 0, done.err
    name, found = done.result
    assert name == "char_lm"
    assert 0 < float(found["test_bits_per_character"]) < 4.5
    assert found["data"] == f"prose.txt:{len(PROSE)}"


def test_a_run_that_is_there_writes_and_scores(run):
    folder, flags, _ = run
    asked = ("--score=to be", f"--score_file={folder}/lines.txt", "--generate=30", "--prompt=to ")
    done = launched(*flags, *asked, "--temperature=0.5", "--top_p=0.9")
    assert done.code == 0, done.err
    scores = re.findall(r"^(\d+\.\d+) bits, (\d+\.\d+) a symbol: (.*)$", done.out, re.MULTILINE)
    assert [text for _, _, text in scores] == ["to be", "to be", "question"]
    assert scores[0] == scores[1]
    assert float(scores[0][0]) == pytest.approx(5 * float(scores[0][1]), abs=0.02)
    written = done.out.partition("question\n")[2]
    assert written.startswith("to ")
    assert len(written) == len("to ") + 30 + 1


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--temperature=0", "flag --temperature=0: 0 is not a finite number, above 0"),
        ("--score_file=/nowhere/lines.txt", "/nowhere/lines.txt: no such file (--score_file)"),
        ("--score=", "--score= is blank: give it a text"),
        ("--prompt=to", "--prompt says how --generate is answered: it needs that"),
        ("--top_p=0.5", "--top_p says how --generate is answered: it needs that"),
        ("--text=/nowhere/a.txt", "/nowhere/a.txt: no such file (--text)"),
    ],
)
def test_what_cannot_be_asked_gets_one_line(run, flag, said):
    _, flags, _ = run
    done = launched(*(f for f in flags if f.partition("=")[0] != flag.partition("=")[0]), flag)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_a_sweep_writes_nothing(run):
    _, flags, _ = run
    done = launched(*flags, "--sweep=seed=0:2", "--generate=5")
    assert done.code == 2
    assert done.err == (
        "error: --generate is for one run, not for those of a sweep: leave it out\n"
    )


def test_other_experiments_write_nothing():
    done = launched("--experiment=adding", "--generate=5")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: --generate is for an experiment of a language model, as char_lm; adding is none\n"
    )


def test_a_run_is_asked_by_its_folder_alone_and_only_answers(run):
    folder, _, done = run
    answer = launched(f"--workdir={folder}/run", "--score=to zebra")
    assert answer.code == 0, answer.err
    assert re.fullmatch(r"\d+\.\d+ bits, \d+\.\d+ a symbol \(1 unknown\): to zebra\n", answer.out)
    assert answer.err == ""
    again = launched(f"--workdir={folder}/run")
    assert again.result == done.result
    refused = launched(f"--workdir={folder}/run", "--seed=3", "--generate=5")
    assert (refused.code, refused.out) == (2, "")
    assert "seed" in refused.err
    refused = launched(f"--workdir={folder}/none", "--generate=5")
    assert refused.err.endswith("none has no run yet: name an experiment, --experiment=NAME\n")


def test_lines_are_those_between_ends_of_lines_and_blank_ones_are_left_out(run):
    folder, _, _ = run
    (folder / "odd.txt").write_text("to\u2028be\r\n\n  \nquestion\n", newline="")
    answer = launched(f"--workdir={folder}/run", f"--score_file={folder}/odd.txt")
    assert [line.rpartition(": ")[2] for line in answer.out.split("\n")] == [
        "to\u2028be",
        "question",
        "",
    ]
    (folder / "blank.txt").write_text("\n \n")
    refused = launched(f"--workdir={folder}/run", f"--score_file={folder}/blank.txt")
    assert refused.err == f"error: --score_file={folder}/blank.txt has blank lines only\n"
