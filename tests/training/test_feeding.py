"""Training on batches that the host delivers, against the same batches on the device."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from rnnjax import cells, tasks
from rnnjax.tasks.sources import Gathered
from rnnjax.training import (
    DivergedError,
    Hyperparameters,
    Listener,
    Optimizer,
    Plan,
    loop,
    make_mesh,
    make_objective,
)
from rnnjax.training.feeding import CallMetrics, piece_size
from rnnjax.training.program import Problem, make_program
from rnnjax.training.update import Learning
from tests.laws.draws import assert_close, assert_identical, normal

N, T, D, B = 30, 3, 2, 3
INPUTS, LENGTHS = normal(0, (N, T, D)), np.arange(N) % T + 1
CLASSES = (INPUTS[:, 0, 0] > 0).astype(int)
PLAN = Plan(steps=25, log_every=10, eval_every=12)
MEMBERS = [Hyperparameters(seed=1, learning_rate=0.1), Hyperparameters(seed=2, learning_rate=0.2)]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InOrder(Gathered):
    """The same examples, every epoch in the order in which they are stored."""

    def shuffled(self, key):
        del key
        return self.ordered()


def delivered(inputs=INPUTS, size=B):
    """Delivers everything once."""
    for begin in range(0, N, size):
        rows = slice(begin, begin + size)
        yield inputs[rows], CLASSES[rows], LENGTHS[rows]


class Loading:
    """Delivers everything once and knows its state."""

    def __init__(self):
        self.at = 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.at == N // B:
            raise StopIteration
        self.at += 1
        return list(delivered())[self.at - 1]

    def get_state(self):
        return {"at": self.at}

    def set_state(self, state):
        self.at = state["at"]


def streamed(train=delivered, validation=delivered):
    return tasks.Streamed(train, validation, input_dim=D, output_dim=2, metric="accuracy")


STREAMED = streamed()
LEARNING = Learning(
    make_objective(cells.Elman(2, recurrent_init=cells.Normal(0.4)), STREAMED),
    Optimizer(),
    PLAN.steps,
)


def problem_of(train, validation):
    return Problem(LEARNING, PLAN, train, {"validation": validation}, "accuracy")


def fed(train=delivered, validation=delivered):
    task = streamed(train, validation)
    return problem_of(task.source("train", B), task.source("validation", B))


class Lines(Listener):
    """Keeps the metrics, and where training was after some steps."""

    def __init__(self, program):
        self.lines, self.stops, self._program = [], {}, program

    def logged(self, moment):
        self.lines.append((moment.step, moment.metrics["train"]))

    def evaluated(self, moment):
        self.lines.append((moment.step, moment.metrics["validation"]))
        position = json.loads(json.dumps(self._program.position()))
        self.stops[moment.step] = jax.device_get(moment.members), position


def train(problem, begin=None, position=None):
    """Trains to the end, from the beginning or from where members were."""
    program = make_program(problem, MEMBERS, make_mesh())
    if position is not None:
        program.seek(position, int(begin.state.step))
    lines = Lines(program)
    members, _ = loop.run(problem, program, begin or loop.begin(problem, program), [lines])
    return jax.device_get(members), lines


@pytest.fixture(scope="module")
def trained():
    return train(fed())


@pytest.mark.full
def test_a_feed_trains_as_the_same_batches_on_the_device_do(trained):
    arrays = tasks.Arrays((INPUTS, CLASSES, LENGTHS)).source("train", B)
    stored = InOrder(arrays.examples, arrays.to_batch, B)
    members, lines = train(problem_of(stored, stored))
    assert_identical(trained[0].state, members.state)
    assert [step for step, _ in lines.lines] == [10, 12, 12, 20, 24, 24, 25, 25]
    # Of several calls on pieces the means are rounded once more.
    assert_close(trained[1].lines, lines.lines, rtol=1e-6)
    assert make_program(problem_of(stored, stored), MEMBERS, make_mesh()).position() == {}


@pytest.mark.parametrize("kind", [delivered, Loading], ids=["generator", "states"])
@pytest.mark.parametrize("told", [True, False])
def test_a_feed_goes_on_bit_for_bit_where_it_was(trained, kind, told):
    end, lines = train(fed(kind)) if kind is Loading else trained
    members, position = lines.stops[12]
    state = {"state": {"at": 2}} if kind is Loading else {}
    assert position == {"read": 12, "used": 0} | state
    again, rest = train(fed(kind), members, position if told else None)
    assert_identical(again, end)
    assert_identical([m for _, m in rest.lines], [m for s, m in lines.lines if s > 12])


def test_a_number_that_is_missing_is_found_in_its_update():
    broken = INPUTS.copy()
    broken[13, 0] = np.nan  # of the batch 4; beyond the length of a sequence it would not matter
    with pytest.raises(DivergedError, match=r"all 2 runs .*: 2 of the inputs of update 4 are not"):
        train(fed(lambda: delivered(broken)))


def test_pieces_weigh_what_they_count():
    rng = np.random.default_rng(0)
    weights, values = np.array([3, 0, 5]), rng.normal(size=(3, 2)).astype(np.float32)
    values[1] = np.nan
    calls = CallMetrics(np.array([True, True]))
    for weight, value in zip(weights, values, strict=True):
        calls.add(None, np.full(2, weight), {"loss": value, "learning_rate": value})
    found = calls.means()
    assert_close(found["loss"], (3 * values[0] + 5 * values[2]) / 8, rtol=1e-6)
    assert_identical(found["learning_rate"], values[2])
    assert calls.faulty == (None, 3, 0)


def test_only_members_that_go_on_are_looked_at():
    calls = CallMetrics(np.array([True, False]))
    calls.add("first", 4, {"loss": np.array([1.0, np.nan])})
    calls.add("second", 2, {"loss": np.array([np.inf, np.nan])})
    assert calls.means()["loss"][0] == np.inf
    assert calls.faulty == ("second", 4, 2)


@pytest.mark.parametrize("most", [1, 3, 8])
def test_pieces_are_as_few_and_as_full_as_can_be(most):
    for updates in range(1, 40):
        size = piece_size(updates, most)
        assert 1 <= size <= most
        count = -(-updates // size)
        assert count == -(-updates // most)
        assert all(-(-updates // other) > count for other in range(1, size))
