"""What `fit` and what it returns refuse, each in one line."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rnnjax import cells, models, tasks
from rnnjax.batch import Batch
from rnnjax.training import (
    Hyperparameters,
    Optimizer,
    fit,
    fit_members,
    make_objective,
)
from rnnjax.training.objective import Objective
from tests.training import small


class Normed(nn.Module):
    """Keeps running means."""

    @nn.compact
    def __call__(self, inputs):
        return nn.BatchNorm(use_running_average=True)(nn.Dense(1)(inputs))


class Silent(nn.Module):
    """Has no parameters."""

    @nn.compact
    def __call__(self, inputs):
        return inputs[-1, :, : small.CLASSES]


class Mistaken(tasks.GeneratedTask):
    """Says another size of its inputs than it draws."""

    input_dim, output_dim = 3, 1

    def sample(self, key, batch_size):
        xs = jax.random.normal(key, (4, batch_size, 2))
        return Batch(xs, xs[..., :1], jnp.ones(xs.shape[:2], bool))


@pytest.mark.parametrize(
    ("network", "kind", "message"),
    [
        (
            Normed(),
            ValueError,
            "a network is trained that has parameters alone; this one has batch_stats",
        ),
        (
            models.Recurrent(small.CELL),
            TypeError,
            "a network returns an array, as models.Outputs does of a layer that returns its state "
            "as well; got a tuple",
        ),
    ],
)
def test_a_module_that_cannot_be_trained_is_refused(network, kind, message):
    with pytest.raises(kind, match=r"^a network ") as found:
        fit(network, tasks.Adding(4), 2, batch_size=8)
    assert str(found.value).splitlines()[0] == message  # JAX adds lines of its own


@pytest.mark.parametrize("value", ["LSTM", cells.LSTM, lambda inputs: inputs])
def test_what_is_no_network_is_refused(value):
    with pytest.raises(TypeError, match=r"^a cell, a Flax module or an Objective is trained; got"):
        make_objective(value, small.labelled())


@pytest.mark.parametrize("value", ["adding", tasks.Adding])
def test_what_is_no_task_is_refused(value):
    with pytest.raises(TypeError, match=r"^a task is learned, such as tasks.Adding\(length=100\)"):
        fit(cells.Elman(2), value, 9)


@pytest.mark.parametrize("value", [optax.adam, Optimizer, None, 1e-3])
def test_what_is_no_optimizer_is_refused(value):
    with pytest.raises(TypeError, match=r"^an optimizer is .adam. or another text") as found:
        fit(cells.Elman(2), tasks.Adding(4), 9, optimizer=value)
    assert str(found.value).endswith(getattr(value, "__name__", repr(value)))


@pytest.mark.parametrize(
    ("network", "task", "message"),
    [
        (
            nn.Dense(3),
            tasks.Adding(4),
            "outputs are (4, 8, 3), and Adding(length=4) wants (..., 1)",
        ),
        (
            nn.Dense(8),
            tasks.Copying(4),
            f"outputs are (24, 8, 8), and {tasks.Copying(4)} wants (..., 9)",
        ),
        (
            models.sequence_model(small.CELL, models.Last, 1),
            tasks.Adding(4),
            "outputs are (8, 1) and targets (4, 8, 1), not alike",
        ),
        (
            models.sequence_model(small.CELL, models.Last, 9),
            tasks.Copying(4),
            "outputs are (8, 9) and targets classes (24, 8): "
            "outputs have one axis more, for the classes",
        ),
    ],
)
def test_outputs_that_do_not_fit_the_targets_are_refused(network, task, message):
    with pytest.raises(ValueError, match=r"^outputs are") as found:
        fit(network, task, 2, batch_size=8)
    assert str(found.value).splitlines()[0] == message  # JAX adds lines of its own


def test_an_objective_keeps_its_task_and_its_loss():
    objective = make_objective(cells.Elman(2), tasks.Adding(4))
    assert make_objective(objective, tasks.Adding(4)) is objective
    message = r"^the Objective is of Adding\(length=4\), and the task is Adding\(length=5\)$"
    with pytest.raises(ValueError, match=message):
        make_objective(objective, tasks.Adding(5))
    with pytest.raises(ValueError, match=r"^an Objective has its own loss: .* as own_loss$"):
        make_objective(objective, tasks.Adding(4), lambda outputs, batch: outputs.sum())


class Shouting(Objective):
    """Its metrics are wrong."""

    def metrics(self, outputs, batch):
        return {"accuracy": outputs} if self.own_loss is None else {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "^steps must be a whole number of 1 or more; got 0$"),
        ({"log_every": 0}, "^log_every must be a whole number of 1 or more"),
        ({"eval_every": 2.0}, "^eval_every must be a whole number of 1 or more"),
        ({"patience": 0}, "^patience must be a whole number of 1 or more"),
        ({"batch_size": 0}, "^batch_size must be a whole number of 1 or more; got 0$"),
        ({"batch_size": 2.0}, "^batch_size must be a whole number of 1 or more; got 2.0$"),
        ({"batch_size": 21}, "^a batch of 21 is more than the 20 examples of training$"),
        ({"ema": 1.0}, "^ema must be from 0 to below 1; got 1.0$"),
        ({"ema": -0.1}, "^ema must be from 0 to below 1; got -0.1$"),
        ({"ema": "x"}, "^ema must be from 0 to below 1; got 'x'$"),
        ({"numbers": Hyperparameters(dropout=0.5)}, "^dropout is between layers, and this"),
        (
            {"optimizer": optax.sgd(0.1), "numbers": Hyperparameters(learning_rate=0.2)},
            "^an Optax transformation has its own learning_rate: ",
        ),
        (
            {"optimizer": optax.sgd(0.1), "numbers": Hyperparameters(warmup_steps=2)},
            "^an Optax transformation has its own warmup_steps: ",
        ),
        (
            {"optimizer": optax.sgd(0.1), "numbers": Hyperparameters(weight_decay=0.5)},
            "^an Optax transformation has its own weight_decay: ",
        ),
        ({"network": Silent()}, "^the network has no parameters, so there is nothing to train$"),
        (
            {"network": cells.Elman(2), "task": small.tokens()},
            r"^inputs are whole numbers \(.*\): give a SequenceModel an encoder, ",
        ),
        (
            {"network": cells.Elman(2), "task": Mistaken()},
            r"^Mistaken\(\) draws inputs \(4, 6, 2\), but its input_dim is 3$",
        ),
        ({"optimizer": "adamm"}, "^unknown name 'adamm'; did you mean adam?"),
        ({"optimizer": Optimizer(schedule="sine")}, "^unknown name 'sine'; did you mean "),
        (
            {"numbers": Hyperparameters(warmup_steps=9)},
            "^warmup_steps 9 must be less than steps 9$",
        ),
        ({"numbers": Hyperparameters(seed=-1)}, "^seed must be a whole number from 0 to"),
        ({"loss": lambda outputs, batch: outputs}, r"^loss is \(6, 3\): a metric is one number$"),
        (
            {"network": Shouting(small.Affine(), small.labelled())},
            r"^accuracy is \(6, 3\): a metric is one",
        ),
        (
            {
                "network": Shouting(
                    small.Affine(), small.labelled(), lambda outputs, batch: jnp.zeros(())
                )
            },
            r"^accuracy is no metric of Arrays\(train=20, .*: there are loss$",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(changes, message):
    given = {"network": small.classifier(), "task": small.labelled(), "steps": 9}
    given |= {"batch_size": 6, "log_every": 4, "eval_every": 6} | changes
    if "loss" in changes:
        given["network"] = small.classifier().model
    with pytest.raises(ValueError, match=message) as caught:
        fit(**given)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"members": [{"seed": 1}]},
            r"^a member is a training.Hyperparameters; got \{'seed'",
        ),
        ({"members": Hyperparameters()}, "^a member is a training.Hyperparameters; got 0$"),
        ({"listeners": [print]}, "^listeners are training.Listener values in a list; got "),
        ({"listeners": 3}, "^listeners are training.Listener values in a list; got 3$"),
        ({"loss": 3}, "^a loss is a function of outputs and batch; got 3$"),
        (
            {"task": (np.zeros((8, 5, 1)), np.zeros(8, int))},
            r"^a task is learned, .*; got tuple; of arrays make tasks\.Arrays",
        ),
    ],
)
def test_what_is_of_another_kind_is_refused_in_one_line(changes, message):
    given = {
        "network": cells.Elman(2),
        "task": small.labelled(),
        "members": [Hyperparameters()],
    } | changes
    with pytest.raises(TypeError, match=message):
        fit_members(given.pop("network"), given.pop("task"), 3, given.pop("members"), **given)


@pytest.fixture(scope="module")
def adder():
    return fit(cells.Elman(2), tasks.Adding(4), 2, batch_size=4)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda f: f.predict(np.zeros((7, 2, 5))), r"^inputs have 5 features, those of Adding\("),
        (lambda f: f.predict(np.zeros((7, 2), int)), r"^inputs are \[T, B, D\].*; got \(7, 2\)"),
        (lambda f: f.predict(np.zeros((0, 3, 2))), "there is not one step$"),
        (lambda f: f.step(None, np.zeros((2, 5))), "^inputs have 5 features"),
        (lambda f: f.step(None, np.zeros(2)), r"^inputs are .*a step \[B, D\]; got \(1, 2\)"),
        (lambda f: f.classes(), r"^Adding\(length=4\) does not want one class a sequence$"),
        (lambda f: f.evaluate(batch_size=0), "^a batch is 1 sequence or more; got 0$"),
        (lambda f: f.examples("test", 0), "^a batch is 1 sequence or more; got 0$"),
    ],
)
def test_what_a_network_cannot_be_asked_is_refused_in_one_line(adder, ask, message):
    with pytest.raises(ValueError, match=message):
        ask(adder)
