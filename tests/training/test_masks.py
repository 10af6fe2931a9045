"""What a mask says is missing reaches no parameter, whatever stands there."""

import jax
import numpy as np
import pytest

from rnnjax import cells, models, tasks, training
from rnnjax.training import Hyperparameters, Listener, Optimizer, Plan, loop
from rnnjax.training.program import Problem, make_program
from rnnjax.training.update import Learning
from tests.full import full
from tests.laws.draws import assert_close, assert_finite, assert_identical, normal

N, T, D = 6, 4, 2
INPUTS, LENGTHS = normal(0, (N, T, D)), np.array([4, 1, 2, 3, 0, 2])
CLASSES, NUMBERS = np.arange(N * T).reshape(N, T) % 3, normal(1, (N, T, 2))
PLAN = Plan(steps=3, log_every=1)
START = cells.Normal(0.4)  # the default takes long to compile

NETWORKS = {
    "last": (cells.GRU(2, recurrent_init=START), CLASSES[:, 0]),
    "last, both ways": (
        models.sequence_model(
            cells.Elman(2, recurrent_init=START), models.Last, 3, bidirectional=True
        ),
        CLASSES[:, 0],
    ),
    "mean": (
        models.sequence_model(cells.Elman(2, recurrent_init=START), models.Mean, 2),
        NUMBERS[:, 0],
    ),
    "per step, two layers": (
        models.sequence_model(cells.LSTM(2, recurrent_init=START), models.All, 2, layers=2),
        NUMBERS,
    ),
    "per step, both ways": (
        models.sequence_model(
            cells.Elman(2, recurrent_init=START), models.All, 3, bidirectional=True
        ),
        CLASSES,
    ),
}


class Lines(Listener):
    """Keeps the metrics of training."""

    def __init__(self):
        self.lines = []

    def logged(self, moment):
        self.lines.append(moment.metrics["train"])


def padded(array, value):
    """Puts a value wherever there is no step."""
    there = np.arange(T) < LENGTHS[:, None]
    there = there.reshape(there.shape + (1,) * (array.ndim - 2))
    return np.where(there, array, np.array(value, array.dtype))


def trained(learning, task):
    """Returns parameters and metrics after a few updates, each on all there is."""
    problem = Problem(learning, PLAN, task.source("train", N), {})
    members = [Hyperparameters(learning_rate=0.1)]
    program, lines = make_program(problem, members, training.make_mesh()), Lines()
    end, _ = loop.run(problem, program, loop.begin(problem, program), [lines])
    return jax.device_get(end.state.params), lines.lines


@pytest.mark.parametrize("name", ["last", *(full(name) for name in NETWORKS if name != "last")])
def test_padding_changes_no_bit_of_a_trained_network(name):
    network, targets = NETWORKS[name]
    whole = np.issubdtype(targets.dtype, np.integer)

    def task(inputs, anything):
        per_step = targets.shape[1:2] == (T,)
        wanted = padded(targets, anything) if per_step else targets
        return tasks.Arrays((padded(INPUTS, inputs), wanted, LENGTHS))

    first = task(0, 0)
    learning = Learning(training.make_objective(network, first), Optimizer(), PLAN.steps)
    params, lines = trained(learning, first)
    assert_finite(params)
    assert all(line["grad_norm"] > 0 for line in lines)
    for inputs, anything in ((np.nan, -1 if whole else np.nan), (np.inf, 10**6)):
        assert_identical(trained(learning, task(inputs, anything)), (params, lines))


def test_padded_sequences_are_to_a_network_what_they_are_without_padding():
    task = tasks.Arrays((padded(INPUTS, np.nan), CLASSES[:, 0], LENGTHS))
    objective = training.make_objective(cells.Elman(2, recurrent_init=START), task)
    source = task.source("train", N)
    batch = source.batch(source.ordered(), 0, np.arange(N))
    params = jax.jit(objective.init)(jax.random.key(0), batch)
    network = training.Trained(objective, params)
    outputs = network.predict(batch.inputs, steps=batch.steps)
    rows = np.flatnonzero(LENGTHS == 2)
    alone = network.predict(np.swapaxes(INPUTS[rows, :2], 0, 1))
    assert_close(outputs[rows], alone, atol=1e-6)
    assert np.isfinite(outputs).all()
    assert batch.mask.tolist() == (LENGTHS > 0).tolist()
