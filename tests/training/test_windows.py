"""Truncated backpropagation: the state goes from window to window, anew in each epoch."""

import jax
import numpy as np
import pytest

from rnnjax import cells, tasks, training
from rnnjax.training import Hyperparameters, Optimizer, hyperparameters
from rnnjax.training.members import make_advance, make_initial
from rnnjax.training.state import keys_of
from rnnjax.training.update import Learning
from tests.laws.draws import assert_close

TASK = tasks.Echo(delay=1, length=21, window=5)  # the last step is in no window
STARTS = (0, 5, 10, 15)


def test_each_window_starts_from_the_state_in_which_the_last_one_ended():
    source = TASK.source("train", 3)
    cell = cells.Elman(4, recurrent_init=cells.Normal(0.4))
    objective = training.make_objective(cell, TASK)
    learning = Learning(objective, Optimizer("sgd"), steps=10)
    numbers = hyperparameters.stack([Hyperparameters(seed=3, learning_rate=1e-30)])
    states = make_initial(learning)(numbers, source)
    advance = make_advance(learning, training.make_mesh())
    params = jax.tree.map(lambda leaf: leaf[0], states.params)

    @jax.jit
    def uncut(epoch):
        series = source.shuffled(jax.random.fold_in(keys_of(3).data, epoch))
        series = jax.tree.map(lambda x: x[:20], series)
        carry, outputs = objective.apply(
            params, objective.initial_carry(params, series), series, None
        )
        windows = [
            jax.tree.map(lambda x, at=at: x[at : at + 5], (outputs, series)) for at in STARTS
        ]
        return carry, [TASK.loss(*window) for window in windows]

    losses = []
    for epoch in range(2):
        carry, wanted = uncut(epoch)
        for loss in wanted:
            states, metrics = advance(states, np.array([True]), numbers, source, 1)
            assert metrics["loss"][0] == pytest.approx(float(loss), rel=1e-5)
            losses.append(float(loss))
        # Nothing is left of the epoch before.
        assert_close(jax.tree.map(lambda x: x[0], states.carry), carry, atol=1e-6)
    assert len(set(losses)) == 8
