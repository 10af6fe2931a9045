"""What a command does with runs that are there, and with what is a user's own."""

import re

import jax
import numpy as np
import pytest

from rnnjax import lab, runs
from rnnjax.runs.checkpoint import read_checkpoint
from rnnjax.runs.folders import changeable
from rnnjax.runs.workdir import read_json
from rnnjax.settings import settings_of
from tests.lab.launching import launched

ADDING = (
    "--experiment=adding",
    "--length=4",
    "--cell=Elman(2)",
    "--batch_size=4",
    "--log_every=2",
    "--eval_every=4",
    "--nofigures",
)
OWN = '''"""Own: what is said of it."""

import jax
import jax.numpy as jnp
from rnnjax.batch import Batch
from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import GeneratedTask


class Sum(GeneratedTask):
    """Add up.

    Attributes:
        length: steps of a sequence.
        offset: what is added to the sum.
    """

    length: int = 4
    offset: float = 0.0
    input_dim, output_dim = 1, 1

    def sample(self, key, batch_size):
        xs = jax.random.normal(key, (self.length, batch_size, 1))
        return Batch(xs, xs.cumsum(0) + self.offset, jnp.ones(xs.shape[:2], bool))


EXPERIMENT = Experiment(Sum(), Recurrent("Elman", hidden=2), Training(steps=4, batch_size=4))
'''
CELL = '''"""My cells."""

import jax.numpy as jnp
from rnnjax import cells


class Half(cells.GatedCell):
    """h_t = h_{t-1} / 2 + tanh(n)."""

    blocks = ("n",)

    def combine(self, params, state, u, v):
        h = state.h / 2 + self.activation(u + v)
        return cells.GatedState(h), h
'''


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


def ran(*argv):
    done = launched(*argv)
    assert done.code == 0, done.err
    return done


@pytest.mark.full
def test_a_finished_run_of_constant_rate_goes_on_with_more_steps(tmp_path):
    """It ends as one that had them from the start: `tests/runs/test_run.py`."""
    for steps in (4, 8):
        ran(*ADDING, "--schedule=constant", f"--steps={steps}", "--workdir=run")
    summary = read_json(tmp_path / "run" / "summary.json")
    assert (summary["resumed_from"], summary["steps"], summary["final"]["step"]) == (4, 8, 8)
    assert read_json(tmp_path / "run" / "config.json")["steps"] == 8
    settings = settings_of("adding")
    assert changeable(settings.replace(schedule="constant")) == {"steps"}
    assert changeable(settings.replace(schedule="cosine")) == set()


@pytest.mark.full
def test_a_run_begins_with_the_best_parameters_of_another_and_they_can_be_evaluated(tmp_path):
    first = ran(*ADDING, "--steps=8", "--workdir=first")
    ran(*ADDING, "--steps=1", "--learning_rate=1e-30", "--init_from=first", "--workdir=second")
    best = read_checkpoint(tmp_path / "first" / "checkpoints", prefix="best/params")[1]
    last = read_checkpoint(tmp_path / "second" / "checkpoints", prefix="params")[1]
    for one, other in zip(jax.tree.leaves(best), jax.tree.leaves(last), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)
    assert "init_from" in read_json(tmp_path / "second" / "config.json")
    before = sorted(tmp_path.rglob("*"))
    done = ran(*ADDING, "--eval_only", "--workdir=first")
    assert done.result[1]["test_loss"] == first.result[1]["test_loss"]
    other = ran(*ADDING, "--eval_only", "--init_from=first", "--length=9")
    assert other.result[1]["test_loss"] != first.result[1]["test_loss"]
    assert sorted(tmp_path.rglob("*")) == before
    wrong = launched(*ADDING, "--cell=GRU(2)", "--eval_only", "--workdir=first")
    assert wrong.code == 2
    assert "does not fit the state" in wrong.err
    both = ("--init_from=first", "--workdir=second")
    for folders in ((), both):  # the one would be ignored
        assert launched(*ADDING, "--eval_only", *folders).err == (
            "error: --eval_only needs the run's folder: --workdir or --init_from, one of them\n"
        )
    unfit = launched(*ADDING, "--cell=GRU(2)", "--init_from=first", "--workdir=third")
    assert (unfit.code, unfit.out) == (2, "")
    assert "does not fit the state" in unfit.err
    assert sorted(tmp_path.rglob("*")) == before


def test_an_experiment_and_a_cell_of_ones_own_are_run_resumed_and_loaded(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "mycells_of_test.py").write_text(CELL)
    command = (
        "--experiment=own.py",
        "--import=mycells_of_test",
        "--cell=mycells_of_test.Half(3)",
        "--offset=0.5",
        "--nofigures",
        "--workdir=run",
    )
    done = ran(*command)
    assert done.result[0] == "own"
    assert re.search(r"network +mycells_of_test.Half\(3\)", done.out)
    assert "holds this run, finished" in ran(*command).out
    replayed = ran("--flagfile=run/flags.txt", "--workdir=again", "--nofigures")
    assert replayed.result[1]["test_loss"] == done.result[1]["test_loss"]
    run = runs.load("run")
    assert run.task.offset == 0.5
    batch = run.examples("test", 2)
    assert run.states(batch.inputs)[0].h.shape == (4, 2, 3)
    shown = ran("--experiment=own.py", "--help").out
    assert shown.startswith("Own: what is said of it.")
    assert "--offset\n    What is added to the sum. (default 0.0)" in shown
    missing = launched(*command[:1], "--import=no_such_module_of_mine", "--workdir=x")
    assert (missing.code, missing.err.count("\n")) == (2, 1)
    assert "No module named 'no_such_module_of_mine'" in missing.err


@pytest.mark.full
def test_two_experiments_run_in_one_process_from_python(tmp_path):
    small = {"batch_size": 2, "steps": 2, "figures": False}
    first = lab.run("adding", length=3, cell="Elman(2)", workdir="a", **small)
    second = lab.run("echo", length=20, window=5, cell="GRU(2)", workdir="b", **small)
    assert first.predict(first.examples().inputs).shape == (3, 8, 1)
    assert second.predict(second.examples().inputs).shape == (5, 8, 2)
    with pytest.raises(ValueError, match="the experiment has no lenght"):
        lab.run("adding", lenght=3)
    with pytest.raises(ValueError, match="length is 3 there, 4 here"):
        lab.run("adding", length=4, cell="Elman(2)", workdir="a", **small)


@pytest.mark.parametrize("sweep", [(), ("--sweep=length=0,4",)])
def test_a_task_of_ones_own_without_a_step_is_refused_before_a_folder_is_made(tmp_path, sweep):
    (tmp_path / "own.py").write_text(OWN)
    lengths = sweep or ("--length=0",)
    done = launched("--experiment=own.py", *lengths, "--nofigures", "--workdir=run")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: Sum(length=0, offset=0.0) has nothing to learn: its batches have inputs (0, 4, 1) "
        "and targets (0, 4, 1)\n"
    )
    assert not (tmp_path / "run").exists()


def test_processes_do_not_meet_where_jax_is_used_before(tmp_path):
    jax.devices()
    meeting = ("--coordinator=127.0.0.1:1234", "--num_processes=2", "--process_id=0")
    done = launched(*ADDING, *meeting, "--workdir=run")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: --coordinator: processes meet before JAX is used")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--cell=LSTM(1000000000)",), "more than the"),
        (("--hidden=1000000", "--cell=LSTM"), "parameters need"),
        (("--layers=1000",), "at most 100"),
    ],
)
def test_what_does_not_fit_into_memory_is_refused_before_anything_is_drawn(tmp_path, argv, message):
    base = [word for word in ADDING if not word.startswith("--cell") or len(argv) == 1]
    done = launched(*base, *argv, "--workdir=run")
    assert done.code == 2
    assert message in done.err
    assert list(tmp_path.iterdir()) == []
