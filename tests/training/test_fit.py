import optax
import pytest

from rnnjax.training import DivergedError, Plan
from rnnjax.training.checkpoint import Checkpoints
from rnnjax.training.devices import data_mesh
from rnnjax.training.fit import fit
from rnnjax.training.log import RunLog
from rnnjax.training.program import run_program
from rnnjax.training.progress import Progress
from rnnjax.training.recording import Recorder, read_metrics
from tests.training import small


@pytest.mark.parametrize(
    ("plan", "stops"),
    [
        (Plan(10, 4, 5), [4, 5, 8, 10]),
        (Plan(10, 5, 5), [5, 10]),
        (Plan(7, 100, 100), [7]),
        (Plan(3, 1, 2), [1, 2, 3]),
        (Plan(9, 4, 100), [4, 8, 9]),
    ],
)
def test_a_run_stops_at_logs_evaluations_and_the_end(plan, stops):
    step, found = 0, []
    while step < plan.steps:
        step = plan.next_stop(step)
        found.append(step)
    assert found == stops
    # From wherever one goes on, the next stop is the same.
    for step in range(plan.steps):
        assert plan.next_stop(step) == min(stop for stop in stops if stop > step)


def test_evaluations_come_every_so_often_and_last():
    assert [s for s in range(1, 11) if Plan(10, 2, 4).evaluates_at(s)] == [4, 8, 10]
    assert [s for s in range(1, 9) if Plan(8, 3, 4).evaluates_at(s)] == [4, 8]


def train(tmp_path, optimizer, plan, watch=None):
    source, objective = small.images(), small.classifier()
    state, chance = small.begin(objective, optimizer, source)
    with (
        Recorder(tmp_path) as recorder,
        Checkpoints(tmp_path / "checkpoints") as checkpoints,
        Progress(plan.steps) as progress,
    ):
        return fit(
            run_program(objective, optimizer, source, small.images(7), chance, data_mesh(1)),
            plan,
            state,
            log=RunLog(recorder),
            checkpoints=checkpoints,
            progress=progress,
            watch=watch,
        )


def saved(tmp_path):
    with Checkpoints(tmp_path / "checkpoints") as checkpoints:
        return checkpoints.steps()


def test_numbers_are_recorded_at_every_stop_and_the_state_is_kept_at_evaluations(tmp_path):
    state, speed = train(tmp_path, optax.adam(0.03), Plan(9, 4, 6))
    lines = read_metrics(tmp_path)
    wanted = [(4, "train"), (6, "train"), (6, "test"), (8, "train"), (9, "train"), (9, "test")]
    assert [(line["step"], line["split"]) for line in lines] == wanted
    assert all({"loss", "accuracy"} < set(line) for line in lines)
    assert lines[-1]["loss"] < lines[2]["loss"] < lines[0]["loss"]
    assert saved(tmp_path) == [6, 9]
    assert state.step == 9
    assert speed.seconds > 0
    assert speed.examples_per_second > 0


def test_a_loss_that_is_no_number_ends_the_run_and_nothing_is_kept(tmp_path):
    with pytest.raises(
        DivergedError, match=r"^the loss is (nan|inf) between steps 0 and 50: lower"
    ):
        train(tmp_path, optax.adam(1e37), Plan(100, 50, 50))
    assert saved(tmp_path) == []
    assert read_metrics(tmp_path) == []


def test_an_update_that_only_evaluation_finds_to_have_diverged_is_not_kept(tmp_path):
    with pytest.raises(DivergedError, match=r"^the test loss is (nan|inf) after step 1: lower"):
        train(tmp_path, optax.sgd(1e38), Plan(6, 1, 1))
    assert saved(tmp_path) == []


def test_what_a_watcher_raises_ends_the_run_after_the_checkpoint(tmp_path):
    seen = []

    def watch(step, metrics):
        seen.append((step, metrics))
        if step == 4:
            raise LookupError

    with pytest.raises(LookupError):
        train(tmp_path, optax.adam(0.03), Plan(9, 2, 2), watch)
    tests = [line for line in read_metrics(tmp_path) if line["split"] == "test"]
    assert [{"step": step, "split": "test", **metrics} for step, metrics in seen] == tests
    assert saved(tmp_path) == [2, 4]
