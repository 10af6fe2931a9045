"""When a loss is no number, the data are named if they are at fault; what does not count is not."""

import jax
import numpy as np
import pytest

from rnnjax import tasks
from rnnjax.batch import Batch
from rnnjax.tasks.sources import Gathered
from rnnjax.training import (
    DivergedError,
    Hyperparameters,
    Optimizer,
    Plan,
    make_objective,
    make_problem,
)
from rnnjax.training.state import keys_of
from tests.laws.draws import assert_identical
from tests.training import small

NUMBERS = Hyperparameters(seed=2, learning_rate=0.03)
PLAN = Plan(8, 4, 4)  # over two epochs of training, a half in each
COUNTS = np.arange(small.N) % small.T + 1  # steps of each sequence
NAN = np.nan


def as_batch(examples, there):
    """Makes a batch of sequences that have steps as long as they last."""
    inputs, targets, counts = examples
    inputs, targets = np.swapaxes(inputs, 0, 1), np.swapaxes(targets, 0, 1)
    steps = (np.arange(small.T)[:, None] < counts[None]) & there[None]
    return Batch(inputs, targets, steps, steps)


as_batch = jax.tree_util.Partial(as_batch)


@pytest.fixture(scope="module")
def problem():
    task = tasks.Adding(small.T)  # what is trained on and evaluated is changed below
    objective = make_objective(small.CELL, task)
    options = {"batch_size": 5, "members": [NUMBERS]}
    return make_problem(objective, Optimizer(), PLAN, **options)


def examples():
    inputs, _ = small.sequences(small.N)
    inputs = inputs[..., :2]
    return inputs, inputs.sum(-1, keepdims=True).cumsum(1), COUNTS


def with_data(problem, train=None, validation=None):
    def source(own):
        return Gathered(own or examples(), as_batch, 5)

    return problem._replace(train=source(train), held_out={"validation": source(validation)})


def broken(which, index, step, value=NAN):
    """Returns examples with a number that is not finite."""
    arrays = [array.copy() for array in examples()]
    arrays[which][index, step, 0] = value
    return tuple(arrays)


def update_of(index, epoch):
    """Returns in which update of an epoch, of four, an example is seen."""
    key = jax.random.fold_in(keys_of(NUMBERS.seed).data, epoch)
    place = np.asarray(jax.random.permutation(key, small.N)).tolist().index(index)
    return 4 * epoch + place // 5


@pytest.fixture(scope="module")
def clean(problem):
    return small.trained(with_data(problem), [NUMBERS])


@pytest.mark.parametrize("which", [0, 1])
def test_what_does_not_count_changes_no_bit(problem, clean, which):
    train = broken(which, 0, 1)  # it has one step
    assert_identical(small.trained(with_data(problem, train, train), [NUMBERS]), clean)


@pytest.mark.parametrize(("which", "name"), [(0, "inputs"), (1, "targets")])
@pytest.mark.parametrize("value", [NAN, np.inf, -np.inf])
def test_data_of_training_are_named_with_their_update(problem, which, name, value):
    index = next(i for i in range(small.N) if COUNTS[i] >= 2 and update_of(i, 0) == 2)
    data = with_data(problem, broken(which, index, 1, value))
    wanted = r"^the loss is (nan|inf) between steps 0 and 4: 1 of"
    wanted = rf"{wanted} the {name} of update {update_of(index, 0)} are not finite$"
    with pytest.raises(DivergedError, match=wanted):
        small.trained(data, [NUMBERS])


@pytest.mark.parametrize(("which", "name"), [(0, "inputs"), (1, "targets")])
def test_held_out_data_are_named_with_their_batch(problem, which, name):
    data = with_data(problem, validation=broken(which, 13, 0))
    wanted = f"^the validation loss is nan after step 4: 1 of the {name} of its batch 2 are not fin"
    with pytest.raises(DivergedError, match=wanted):
        small.trained(data, [NUMBERS])


@pytest.mark.full
def test_a_population_says_what_is_wrong_with_the_data_as_well(problem):
    data = with_data(problem, validation=broken(0, 13, 0))
    wanted = "^all 2 runs of the population have diverged by step 4: 1 of the inputs of its batch 2"
    with pytest.raises(DivergedError, match=wanted):
        small.trained(data, [NUMBERS, NUMBERS._replace(seed=3)])
