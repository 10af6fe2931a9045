"""The command line inside the test's process; see `test_processes_of_runs.py` for real ones."""

import gzip
import struct

import jax
import pytest

from rnnjax import cells
from rnnjax.catalogue import catalogue
from rnnjax.datasets import idx
from tests.lab.launching import launched

ECHO = (
    "--experiment=echo",
    "--length=40",
    "--steps=4",
    "--batch_size=2",
    "--eval_every=4",
    "--nofigures",
)
MLP = ("--experiment=mnist_mlp", "--steps=4", "--batch_size=2", "--nofigures")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def refused(*argv):
    """Runs a command line that is refused and returns the one line that says why."""
    done = launched(*argv)
    assert (done.code, done.out) == (2, ""), done.err
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    line = done.err.removeprefix("error: ").rstrip("\n")
    assert "ERROR" not in line
    return line


def files(folder):
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def test_without_flags_the_experiments_are_listed():
    done = launched()
    assert done.code == 0, done.err
    names = {
        "adding",
        "copying",
        "echo",
        "elman_by_hand",
        "mnist_compare",
        "mnist_mlp",
        "mnist_rnn",
    }
    assert names <= set(catalogue())
    for name, first in catalogue().items():
        assert first.endswith(".")
        assert any(line.split(None, 1) == [name, first] for line in done.out.splitlines())


def test_the_cells_are_listed_without_an_experiment():
    done = launched("--cells")
    assert done.code == 0, done.err
    for name in cells.__all__:
        assert any(line.split()[:1] == [name] for line in done.out.splitlines())
    assert "needs no --experiment" in refused("--cells", *ECHO)


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_help_shows_the_flags_of_the_one_experiment_with_their_defaults(name):
    done = launched(f"--experiment={name}", "--help")
    assert done.code == 0, done.err
    assert done.out.startswith(catalogue()[name])
    shown = [line.strip() for line in done.out.splitlines() if line.startswith("  --")]
    assert len(set(shown)) == len(shown)
    own = {"adding": "--length", "copying": "--delay", "echo": "--window", "mnist_rnn": "--order"}
    assert {flag: flag in shown for flag in own.values()}.get(own.get(name), True)
    assert ("--window" in shown) == (name in ("char_lm", "echo", "lagged_add"))
    assert ("--learning_rate" in shown) == (name not in ("analyse", "elman_by_hand"))


def test_help_tells_defaults_and_choices():
    text = " ".join(launched("--experiment=mnist_rnn", "--help").out.split())
    assert "--cell The recurrence: a name that --cells lists, or a call" in text
    assert "(default LSTM)" in text
    assert "Highest rate of the schedule. (default 0.003)" in text
    assert "else the last. One of auto, last, mean, all. (default auto)" in text
    assert "Whether each layer runs both ways. (default false)" in text
    echo = " ".join(launched("--experiment=echo", "--help").out.split())
    assert "Highest rate of the schedule. (default 0.01)" in echo


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--experiment=ehco",), "unknown experiment 'ehco'; did you mean echo?"),
        (
            ("--experiment=xyz",),
            "unknown experiment 'xyz'; there are adding, addition, analyse,",
        ),
        (("--experiment=_common",), "unknown experiment '_common'"),
        (("--experiment=../echo",), "--experiment=../echo: there is no such file"),
        (("--experiment=no.such",), "--experiment=no.such: No module named 'no'"),
        (("--experiment",), "Missing value for flag --experiment"),
        (("--hidden=3",), "name an experiment: --experiment=NAME"),
        (("echo",), "name an experiment: --experiment=NAME"),
        ((*ECHO, "word"), "unexpected argument 'word'"),
        ((*ECHO, "--hiden=3"), "Unknown command line flag 'hiden'. Did you mean: hidden"),
        ((*ECHO, "--data_dir=."), "Unknown command line flag 'data_dir'"),
        ((*ECHO, "--bidirectional"), "does not know what comes after"),
        ((*MLP, "--cell=LSTM"), "Unknown command line flag 'cell'"),
        (("--flagfile=missing.txt",), "Unable to open flagfile: [Errno 2] No such file"),
        ((*ECHO, "--cell=LSMT"), "unknown name 'LSMT'; did you mean LSTM?"),
        ((*ECHO, "--cell=LSTM(0)"), "hidden must be a whole number of 1 or more"),
        ((*ECHO, "--cell=LSTM(3"), "cannot read 'LSTM(3'"),
        ((*ECHO, "--cell=__import__('os').getcwd()"), "cannot read \"__import__('os').getcwd"),
        ((*ECHO, "--cell=GRU(3)", "--hidden=4"), "--hidden is for a cell given by its name"),
        ((*ECHO, "--cell=Residual(GRU(3))"), "D = 1 but K = 3"),
        ((*ECHO, "--unroll=sacn"), "unknown name 'sacn'; did you mean scan?"),
        ((*ECHO, "--unroll=associative"), "unroll.associative runs an AssociativeCell"),
        ((*ECHO, "--unroll=Checkpointed(block=0)"), "block must be a whole number of 1 or more"),
        ((*ECHO, "--optimizer=adma"), "did you mean adam"),
        ((*ECHO, "--schedule=cosin"), "did you mean cosine"),
        ((*ECHO, "--warmup_steps=4"), "warmup_steps 4 must be less than steps 4"),
        ((*ECHO, "--window=41"), "needs 1 <= window <= length"),
        ((*ECHO, "--delay=40"), "needs 1 <= delay < length"),
        ((*ECHO, "--devices=3", "--batch_size=6"), "--devices=3: there are"),
        ((*ECHO, "--dropout=1"), "1 is not a finite number, at least 0 and below 1"),
        ((*ECHO, "--seed=-1"), "--seed=-1"),
        ((*ECHO, "--seed=4294967296"), "--seed=4294967296"),
        ((*ECHO, "--hidden=99999999999999999999"), "--hidden=99999999999999999999"),
        ((*ECHO, "--steps=99999999999"), "--steps=99999999999"),
        (
            (*MLP, "--dataset=digits", "--widths=8,none"),
            "8,none is not whole numbers apart by commas",
        ),
        (
            (*MLP, "--dataset=digits", "--batch_size=5000"),
            "a batch of 5000 is more than the 3500",
        ),
        ((*MLP, "--dataset=cifar"), "value should be one of <mnist|fashion_mnist|digits|kmnist|"),
        ((*MLP, "--data_dir=missing"), "missing: no such folder"),
        ((*MLP, "--data_dir=."), "no mnist here: neither TFDS data"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, tuple) else "",
)
def test_wrong_input_gets_one_line_and_leaves_nothing_behind(tmp_path, argv, message):
    assert message in refused(*argv)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "0", "-1", "1e400", "x", ""])
@pytest.mark.parametrize("flag", ["learning_rate", "clip_norm"])
def test_a_rate_or_norm_that_is_no_positive_number_is_refused(tmp_path, flag, value):
    assert f"--{flag}={value}" in refused(*ECHO, f"--{flag}={value}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "2.5", "1e3", "none", ""])
@pytest.mark.parametrize(
    "flag", ["hidden", "batch_size", "steps", "layers", "log_every", "eval_every", "time_devices"]
)
def test_a_size_that_is_no_whole_number_above_zero_is_refused(tmp_path, flag, value):
    assert f"--{flag}={value}" in refused(*ECHO, f"--{flag}={value}")
    assert list(tmp_path.iterdir()) == []


def test_devices_have_to_divide_the_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(jax, "device_count", lambda: 4)
    message = refused(*ECHO, "--devices=3", "--batch_size=100")
    assert message == "--devices=3 does not divide --batch_size=100"
    assert list(tmp_path.iterdir()) == []


def packed(magic, sizes, payload):
    return gzip.compress(struct.pack(f">{1 + len(sizes)}i", magic, *sizes) + bytes(payload))


IMAGES, LABELS = packed(2051, (4, 28, 28), 4 * 784), packed(2049, (4,), [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("index", "content"),
    [
        (0, IMAGES[:-20]),
        (0, packed(2051, (4, 28, 28), 3 * 784)),
        (0, packed(2049, (4, 28, 28), 4 * 784)),
        (1, packed(2049, (4,), [0, 1, 200, 3])),
        (1, packed(2049, (3,), [0, 1, 2])),
        (1, b"<!DOCTYPE html><html><body>404</body></html>"),
        (3, b""),
    ],
    ids=["cut", "short", "magic", "label", "count", "page", "empty"],
)
def test_a_damaged_data_file_is_named_and_leaves_nothing_behind(tmp_path, index, content):
    data = tmp_path / "data"
    data.mkdir()
    for name, good in zip(idx.FILES, (IMAGES, LABELS, IMAGES, LABELS), strict=True):
        (data / f"{name}.gz").write_bytes(good)
    spoiled = data / f"{idx.FILES[index]}.gz"
    spoiled.write_bytes(content)
    before = files(tmp_path)
    assert str(spoiled.parent) in refused(*MLP, f"--data_dir={data}", "--workdir=run")
    assert files(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_a_workdir_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "run").write_text("mine")
    assert "is a file, not a folder" in refused(*ECHO, "--workdir=run")
    assert (tmp_path / "run").read_text() == "mine"


def test_a_workdir_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    assert "is not empty and holds no run" in refused(*ECHO, f"--workdir={tmp_path}")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.full
def test_a_workdir_belongs_to_the_flags_that_made_it(tmp_path):
    assert launched(*ECHO, "--workdir=run").code == 0
    before = files(tmp_path)
    message = refused(*ECHO, "--workdir=run", "--hidden=5", "--seed=3")
    assert "holds a run with other settings: " in message
    assert "seed is 0 there, 3 here" in message
    assert "Elman(hidden=4" in message
    assert files(tmp_path) == before
    again = launched(*ECHO, "--workdir=run", "--cell=Elman")  # the same, said in another way
    assert again.code == 0
    assert "run holds this run, finished" in again.out
    assert again.result[0] == "echo"
    assert files(tmp_path) == before


def test_without_a_workdir_the_flags_name_one(tmp_path):
    first = launched(*ECHO)
    assert launched(*ECHO).result == first.result
    other = launched(*ECHO, "--seed=1")
    assert len(list((tmp_path / "runs").iterdir())) == 2
    assert other.result[1]["workdir"] != first.result[1]["workdir"]
    assert first.result[1]["workdir"].startswith("runs/echo-")


def test_a_run_that_diverges_fails_in_one_line_with_another_code(tmp_path):
    done = launched(*ECHO, "--workdir=run", "--learning_rate=1e38", "--optimizer=sgd")
    assert done.code == 1
    assert done.err.startswith("error: the ")
    assert "lower the learning rate" in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "run" / "summary.json").exists()


def test_the_flag_file_of_a_run_names_the_same_run(tmp_path):
    flags = ("--cell=Stack((Elman(3), GRU(2)))", "--clip_norm=none")
    first = launched(*ECHO, *flags, "--workdir=run")
    assert first.code == 0, first.err
    replayed = launched("--flagfile=run/flags.txt", "--workdir=run")
    assert replayed.code == 0, replayed.err
    assert replayed.result == first.result
    assert "--workdir" not in (tmp_path / "run" / "flags.txt").read_text()
