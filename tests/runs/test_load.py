"""What a run has left is there to be asked, also while it trains, and nothing is written."""

import json
import shutil
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.batch import squared_error
from rnnjax.cells import Elman
from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint
from rnnjax.runs.folders import workdir_of
from rnnjax.runs.load import load, load_params
from rnnjax.runs.run import train
from rnnjax.runs.work import Run
from rnnjax.settings import problem, settings_of
from rnnjax.training import Listener, make_mesh
from tests.laws.draws import assert_close, assert_identical

OWN = '''"""Own: an experiment beside the run."""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Adding

TRAINING = Training(steps=9, batch_size=4, log_every=2, eval_every=4, learning_rate=0.1)
EXPERIMENT = Experiment(Adding(4), Recurrent("Elman", hidden=2, layers=2, dropout=0.5), TRAINING)
'''


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "own.py"
    path.write_text(OWN)
    return settings_of(str(path)).parse({"cell": "Elman(3)", "ema": "0.4"})


def run_of(settings, folder):
    workdirs = [workdir_of(settings, folder)]
    return Run("own", problem(settings), [settings.numbers()], workdirs, make_mesh())


class Asking(Listener):
    """Loads the run that trains."""

    def __init__(self, folder):
        self.folder = folder
        self.found, self.wanted = [], []

    def logged(self, moment):
        if moment.step <= 4:  # the first checkpoint comes after the lines of step 4
            with pytest.raises(ValueError, match="holds no checkpoint that can be read"):
                load(self.folder)
        else:
            self.found.append((moment.step, load(self.folder, "last").at_step))

    def evaluated(self, moment):
        best, last = load(self.folder), load(self.folder, "last")
        assert (best.at_step, last.at_step) == (moment.members.best.step[0], moment.step)
        assert best.summary is None
        for run, params in (
            (best, moment.members.best.params),
            (last, moment.members.state.judged),
        ):
            assert_identical(run.params, jax.tree.map(lambda leaf: leaf[0], params))
        self.wanted.append(last.params)


@pytest.fixture(scope="module")
def finished(settings, tmp_path_factory):
    """Returns a run's folder, its summary, and who asked while it trained."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    asking = Asking(folder)
    (summary,) = train(run_of(settings, folder), listeners=[asking], show=False)
    return folder, summary, asking


def snapshot(folder):
    paths = sorted(folder.rglob("*"))
    return [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths]


@pytest.mark.full
def test_a_run_is_loaded_while_it_trains(finished):
    _, _, asking = finished
    assert asking.found == [(6, 4), (8, 4), (9, 8)]
    assert len(asking.wanted) == 3


def test_parameters_settings_and_numbers_are_those_of_the_run(settings, finished):
    folder, summary, asking = finished
    before = snapshot(folder)
    best, last = load(folder), load(str(folder), "last")
    _, tree = read_checkpoint(folder / "checkpoints")
    assert_identical(jax.tree.map(np.asarray, last.params), tree["average"])
    assert_identical(jax.tree.map(np.asarray, best.params), tree["best"]["params"])
    assert_identical(last.params, asking.wanted[-1])
    assert_identical(load_params(folder, last.params), best.params)
    assert (best.at_step, last.at_step) == (summary["best"]["step"], 9)
    for run in (best, last):
        assert run.settings.config() == settings.config() == run.config
        assert run.summary == summary
        assert run.folder == folder
        assert repr(run.task) == "Adding(length=4)"
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert json.loads(best.metrics.to_json(orient="records")) == [
        {name: pytest.approx(line.get(name), abs=1e-9) for name in best.metrics.columns}
        for line in lines
    ]
    assert snapshot(folder) == before


@pytest.mark.parametrize("which", ["best", "last"])
def test_evaluation_gives_the_metrics_that_were_recorded_at_that_step(finished, which):
    folder, _, _ = finished
    run, before = load(folder, which), snapshot(folder)
    table = run.metrics[run.metrics.step == run.at_step].set_index("split")
    for part in ("validation", "test"):
        recorded = {name: table.loc[part, name] for name in ("loss", "accuracy")}
        # Ten batches of the size of training, drawn with keys of their own.
        found = run.evaluate(part, batch_size=4)
        assert found == pytest.approx(recorded, abs=1e-6)
    assert snapshot(folder) == before


def test_predictions_and_states_are_those_of_the_cells_by_hand(finished):
    run = load(finished[0])
    batch = run.examples("test", 5)
    cell, states, hs = Elman(3), [], np.asarray(batch.inputs)
    for layer in ("layers_0", "layers_1"):
        params = cell.init(jax.random.key(0), hs.shape[-1])._replace(**run.params[layer]["cell"])
        _, hs = unroll.scan(cell, params, cell.initial_state(params, (5,)), jnp.asarray(hs))
        states.append(hs)
    dense = jax.tree.map(np.asarray, run.params["readout"]["Dense_0"])
    outputs = np.asarray(hs) @ dense["kernel"] + dense["bias"]
    assert_close(run.predict(batch.inputs), outputs, rtol=1e-5)
    for found, wanted in zip(run.states(batch.inputs), states, strict=True):
        assert_close(found.h, wanted, rtol=1e-5)
    loss = squared_error(outputs, batch.targets, batch.mask)
    assert run.task.loss(run.predict(batch.inputs), batch) == pytest.approx(float(loss), rel=1e-5)


def test_steps_that_come_one_by_one_give_the_outputs_of_the_sequence(finished):
    run = load(finished[0])
    batch = run.examples("test", 5)
    wanted, states, found = run.predict(batch.inputs), None, []
    for x_t in batch.inputs:
        states, y_t = run.step(states, x_t)
        found.append(y_t)
    assert_close(np.stack(found), np.asarray(wanted), rtol=1e-5)


def test_steps_that_are_none_leave_the_states_and_the_outputs_of_the_others(finished):
    run = load(finished[0])
    inputs = run.examples("test", 5).inputs
    steps = np.arange(4)[:, None] < np.array([4, 3, 2, 1, 0])[None]
    broken = jnp.where(steps[..., None], inputs, jnp.nan)
    found, wanted = run.predict(broken, steps=steps), run.predict(inputs)
    np.testing.assert_allclose(found[steps], wanted[steps], rtol=1e-5)


@pytest.fixture
def copied(finished, tmp_path):
    """Returns a copy of the run's folder, to be changed."""
    return shutil.copytree(finished[0], tmp_path / "run")


@pytest.mark.parametrize(("written", "other"), [("--ema=0.4", "--ema=0.5"), ("--ema=0.4\n", "")])
def test_flags_that_are_not_the_settings_of_the_run_are_refused(copied, written, other):
    flags = copied / "flags.txt"
    flags.write_text(flags.read_text().replace(written, other))
    with pytest.raises(ValueError, match=r"flags.txt spells .*: ema is 0.4 there"):
        load(copied)


def test_where_no_average_can_be_read_other_parameters_do_not_stand_in_for_it(copied):
    for step in (copied / "checkpoints").iterdir():
        for path in (step / "state").rglob("*"):
            if path.is_file():
                path.write_bytes(b"")
    with pytest.raises(ValueError, match="holds no checkpoint that can be read"):
        load(copied, "last")


def test_metrics_that_are_not_those_that_were_recorded_are_told(copied, caplog):
    assert len(load(copied).metrics)
    assert not caplog.records
    path = copied / "metrics.jsonl"
    path.write_text(path.read_text().replace('"loss": 0.', '"loss": 1.', 1))
    assert len(load(copied).metrics)
    assert "lines up to step 9 are missing or have changed" in caplog.text


def test_parameters_and_their_step_belong_together_while_checkpoints_come(
    finished, tmp_path, monkeypatch
):
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    _, tree = read_checkpoint(folder / "checkpoints")
    module = sys.modules["rnnjax.runs.load"]
    steps, original = iter((10, 11, 12, 13)), module.read_checkpoint

    def read(*args, **kwargs):
        step = next(steps)
        params = jax.tree.map(lambda leaf: np.full_like(leaf, step), tree["best"]["params"])
        best = tree["best"] | {"params": params, "step": np.int32(step)}
        with Checkpoints(folder / "checkpoints") as kept:
            kept.save(step, tree | {"step": np.int32(step), "best": best, "average": params})
        return original(*args, **kwargs)

    monkeypatch.setattr(module, "read_checkpoint", read)
    for which in ("best", "last"):
        run = load(folder, which)
        assert {float(leaf.min()) for leaf in jax.tree.leaves(run.params)} == {run.at_step}


def test_what_is_no_run_is_refused_in_one_line(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match=r"which parameters: best or last; got 'first'"):
        load(folder, "first")  # pyright: ignore[reportArgumentType]
    for path in (folder / "empty", tmp_path / "nowhere", folder / "flags.txt"):
        with pytest.raises(ValueError, match=r"holds no run: there is no config.json in it$"):
            load(path)
    shutil.rmtree(folder / "checkpoints")
    with pytest.raises(ValueError, match=r"^there is no folder .*checkpoints to read a checkpoint"):
        load(folder)
    (folder / "flags.txt").write_text("--experiment=nothing\n")
    with pytest.raises(ValueError, match=r"^unknown experiment 'nothing'; "):
        load(folder)
    (folder / "flags.txt").unlink()
    with pytest.raises(ValueError, match=r"^.*flags.txt cannot be read: No such file") as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    (folder / "config.json").write_text("{")
    with pytest.raises(
        ValueError, match=r"config.json cannot be read as JSON: Expecting"
    ) as caught:
        load(folder)
    assert "\n" not in str(caught.value)
