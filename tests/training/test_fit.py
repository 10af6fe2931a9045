"""Training in ten lines, without a folder."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rnnjax import cells, compose, models, tasks
from rnnjax.batch import Batch, cross_entropy
from rnnjax.training import (
    DivergedError,
    Hyperparameters,
    Listener,
    Objective,
    Optimizer,
    fit,
    fit_members,
    make_objective,
)
from rnnjax.training.objective import Noise
from tests.filled import filled
from tests.full import full
from tests.laws.draws import assert_close, assert_identical
from tests.training import small

NUMBERS = Hyperparameters(seed=5, learning_rate=0.03)
OPTIONS = {"batch_size": 6, "log_every": 4, "eval_every": 6}


class Affine(nn.Module):
    """A plain Flax module on sequences."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(small.CLASSES)(inputs.mean(0))


class Told(nn.Module):
    """Answers with the number of steps, and 100 more in training."""

    @nn.compact
    def __call__(self, inputs, mask, *, train):
        steps = jnp.full(inputs.shape[1], len(inputs)) if mask is None else mask.sum(0)
        return self.param("w", nn.initializers.ones, ()) * (steps + 100 * train)[:, None]


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


TOKENS = tasks.Arrays((np.arange(40).reshape(8, 5) % 7, np.arange(8) % 4))


class Averages(Listener):
    """Follows the moving average of the parameters, from those before and after each call."""

    def __init__(self):
        self.last = None

    def logged(self, moment):
        state = moment.members.state
        self.last = jax.tree.map(lambda leaf: np.asarray(leaf)[0], (state.params, state.average))


@pytest.fixture(scope="module")
def fitted():
    return fit(small.classifier(), small.labelled(), 9, numbers=NUMBERS, **OPTIONS)


def logits(params, inputs):
    """Runs the network in NumPy."""
    cell, dense = params["layers_0"]["cell"], params["readout"]["Dense_0"]
    h = np.zeros((len(inputs), 4))
    for t in range(small.T):
        h = np.tanh(inputs[:, t] @ cell["w_x"] + h @ cell["w_h"] + cell["b"])
    return h @ dense["kernel"] + dense["bias"]


def test_history_has_a_line_for_each_log_and_evaluation(fitted):
    found = [(line["step"], line["split"]) for line in fitted.history]
    held_out = ("validation", "test")
    wanted = [(4, "train"), (6, "train"), *[(6, p) for p in held_out]]
    wanted += [(8, "train"), (9, "train"), *[(9, p) for p in held_out]]
    assert found == wanted
    for line in fitted.history:
        names = {"loss", "accuracy"}
        names |= {"grad_norm", "learning_rate"} if line["split"] == "train" else set()
        assert set(line) == {"step", "split"} | names
    losses = [line["loss"] for line in fitted.history if line["split"] == "train"]
    assert losses[-1] < losses[0]


def test_the_chosen_parameters_are_those_of_the_best_validation(fitted):
    accuracies = {
        line["step"]: line["accuracy"] for line in fitted.history if line["split"] == "validation"
    }
    assert fitted.best_step == max(accuracies, key=accuracies.get)  # the first of equals
    for part, seed in (("validation", 1), ("test", 2)):
        inputs, classes = small.sequences(11, seed)
        found = logits(fitted.params, inputs)
        mask = np.ones(11, bool)
        wanted = {
            "loss": float(cross_entropy(found, classes, mask)),
            "accuracy": float((found.argmax(-1) == classes).mean()),
        }
        assert fitted.metrics(part) == pytest.approx(wanted, rel=1e-5)
        assert fitted.evaluate(part) == pytest.approx(wanted, rel=1e-5)
        assert fitted.evaluate(part, batch_size=4) == pytest.approx(wanted, rel=1e-5)
        assert_close(fitted.predict(np.swapaxes(inputs, 0, 1)), found, rtol=1e-5)
    wanted, predicted = fitted.classes("test", most=4)
    assert wanted.tolist() == classes.tolist()
    assert predicted.tolist() == found.argmax(-1).tolist()


def test_inputs_without_a_batch_axis_are_refused(fitted):
    one = fitted.examples(count=1).inputs[:, 0]
    message = (
        r"^inputs are \[T, B, D\], or whole numbers \[T, B\] .*; got \(5, 4\): of one sequence .*"
    )
    for ask in (fitted.predict, fitted.states):
        with pytest.raises(ValueError, match=message):
            ask(one)
    assert fitted.predict(one[:, None]).shape == (1, small.CLASSES)


def test_without_validation_the_last_parameters_are_taken():
    task = tasks.Arrays(small.sequences(small.N))
    found = fit(Affine(), task, 3, numbers=NUMBERS, **OPTIONS)
    assert found.best_step is None
    assert_identical(found.params, found.last)
    assert [line["split"] for line in found.history] == ["train"]
    with pytest.raises(ValueError, match="has no data for test"):
        found.evaluate()
    with pytest.raises(ValueError, match=r"^patience looks at validation, and nothing is held out"):
        fit(Affine(), task, 3, patience=1, **OPTIONS)


def test_an_average_is_what_is_evaluated_and_chosen():
    watch = Averages()
    found = fit(
        Affine(),
        small.labelled(),
        6,
        numbers=NUMBERS,
        ema=0.2,
        listeners=[watch],
        **OPTIONS,
    )
    params, average = watch.last
    assert found.best_step == 6
    assert_identical(found.last, average)
    assert_identical(found.params, average)
    assert not np.array_equal(average["Dense_0"]["bias"], params["Dense_0"]["bias"])
    assert found.evaluate("validation") == pytest.approx(found.metrics("validation"), rel=1e-6)


class Guess(Objective):
    """The same logits for all sequences: its parameters are one array."""

    def init(self, key, batch):
        return jnp.zeros(small.CLASSES)

    def apply(self, params, carry, batch, noise):
        return carry, jnp.broadcast_to(params, (*batch.targets.shape, small.CLASSES))


@pytest.mark.parametrize("ema", [None, 0.5])
def test_parameters_may_be_one_array(ema):
    watch = Averages()
    options = OPTIONS | {"ema": ema, "listeners": [watch], "patience": 5}
    found = fit(Guess(None, small.labelled()), small.labelled(), 6, numbers=NUMBERS, **options)
    params, average = watch.last
    assert_identical(found.last, params if ema is None else average)
    assert_identical(found.params, found.last)  # of one evaluation
    assert np.abs(params).max() > 0.01


def test_a_transformation_of_optax_and_a_loss_of_ones_own_are_used_as_they_are():
    def loss(outputs, batch):
        return 2 * cross_entropy(outputs, batch.targets, batch.mask)

    model = Affine()
    options = {"numbers": Hyperparameters(seed=5), **OPTIONS}
    given = optax.sgd(0.1)
    twice = fit(model, small.labelled(), 4, optimizer=given, loss=loss, **options)
    once = fit(model, small.labelled(), 4, optimizer=optax.sgd(0.2), **options)
    assert_close(twice.last, once.last, rtol=1e-5)
    assert [line["loss"] / 2 for line in twice.history] == pytest.approx(
        [line["loss"] for line in once.history], rel=1e-5
    )
    assert "learning_rate" not in twice.history[0]  # nobody knows it


@pytest.mark.full
def test_a_network_keeps_its_own_dropout_where_the_numbers_have_none():
    def loss(**given):
        numbers = NUMBERS._replace(**given)
        network = small.classifier(dropout=0.7, layers=2)
        return fit(network, small.labelled(), 1, numbers=numbers, **OPTIONS).history[0]["loss"]

    assert loss() == pytest.approx(loss(dropout=0.7), rel=1e-5)
    assert abs(loss() - loss(dropout=0.0)) > 1e-3


@pytest.mark.full
def test_members_are_fitted_beside_one_that_diverges():
    fitted = fit(Affine(), small.labelled(), 9, numbers=NUMBERS, **OPTIONS)
    members = [NUMBERS._replace(learning_rate=3e38), NUMBERS]
    lost, found = fit_members(Affine(), small.labelled(), 9, members, **OPTIONS)
    assert found.history == fitted.history
    assert_identical(found.params, fitted.params)
    assert_identical(found.last, fitted.last)
    assert lost.history == []
    with pytest.raises(DivergedError):
        fit(Affine(), small.labelled(), 9, numbers=members[0], **OPTIONS)


@pytest.mark.parametrize("network", [models.MLP((4, small.CLASSES)), full(Affine())], ids=type)
def test_any_network_is_fitted(network):
    found = fit(network, small.labelled(), 60, numbers=NUMBERS, **(OPTIONS | {"eval_every": 60}))
    assert found.metrics("test")["accuracy"] > 0.7  # a mean tells the classes apart
    batch = found.examples(count=11)
    assert found.predict(batch.inputs).shape == (11, small.CLASSES)
    with pytest.raises(TypeError, match="a SequenceModel has states over time"):
        found.states(batch.inputs)


def test_a_module_is_given_what_it_names():
    objective, noise = make_objective(Told(), tasks.Adding(4)), Noise(jax.random.key(0), None)
    steps = jnp.arange(4)[:, None] < jnp.array([4, 1, 3])[None]
    whole = Batch(jnp.ones((4, 3, 2)), jnp.ones((3, 1)), jnp.ones(3, bool))
    for batch, wanted in ((whole, [4, 4, 4]), (whole._replace(steps=steps), [4, 1, 3])):
        params = objective.init(jax.random.key(0), batch)
        for chance, more in ((None, 0), (noise, 100)):
            _, outputs = objective.apply(params, (), batch, chance)
            assert outputs[:, 0].tolist() == [count + more for count in wanted]


def test_a_model_within_another_module_is_trained_as_it_is_alone():
    model = models.sequence_model(compose.zoneout(small.CELL, 0.5), models.Last, 1)
    alone, within = (make_objective(m, tasks.Adding(4)) for m in (model, models.Outputs(model)))
    steps = jnp.arange(4)[:, None] < jnp.array([4, 1, 3])[None]
    inputs = jax.random.normal(jax.random.key(1), (4, 3, 2))
    batch = Batch(inputs, jnp.ones((3, 1)), jnp.ones(3, bool), steps, reset=steps)
    params = filled(3, lambda: alone.init(jax.random.key(0), batch))
    params = jax.tree.map(jnp.asarray, params)
    found = within.apply({"layer": params}, (), batch, None)[1]
    assert_identical(found, alone.apply(params, (), batch, None)[1])
    noisy = within.apply({"layer": params}, (), batch, Noise(jax.random.key(0), None))[1]
    assert np.abs(noisy - found).max() > 1e-3


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
        ({"numbers": NUMBERS._replace(dropout=0.5)}, "^dropout is between layers, and this"),
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
            {"network": cells.Elman(2), "task": TOKENS},
            r"^inputs are whole numbers \(.*\): give a SequenceModel an encoder, ",
        ),
        (
            {"network": cells.Elman(2), "task": Mistaken()},
            r"^Mistaken\(\) draws inputs \(4, 6, 2\), but its input_dim is 3$",
        ),
        ({"optimizer": "adamm"}, "^unknown name 'adamm'; did you mean adam?"),
        ({"optimizer": Optimizer(schedule="sine")}, "^unknown name 'sine'; did you mean "),
        (
            {"numbers": NUMBERS._replace(warmup_steps=9)},
            "^warmup_steps 9 must be less than steps 9$",
        ),
        ({"numbers": NUMBERS._replace(seed=-1)}, "^seed must be a whole number from 0 to"),
        ({"loss": lambda outputs, batch: outputs}, r"^loss is \(6, 3\): a metric is one number$"),
        (
            {"network": Shouting(Affine(), small.labelled())},
            r"^accuracy is \(6, 3\): a metric is one",
        ),
        (
            {"network": Shouting(Affine(), small.labelled(), lambda outputs, batch: jnp.zeros(()))},
            r"^accuracy is no metric of Arrays\(train=20, .*: there are loss$",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(changes, message):
    given = {"network": small.classifier(), "task": small.labelled(), "steps": 9}
    given |= OPTIONS | changes
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
    given = {"network": cells.Elman(2), "task": small.labelled(), "members": [NUMBERS]} | changes
    with pytest.raises(TypeError, match=message):
        fit_members(given.pop("network"), given.pop("task"), 3, given.pop("members"), **given)


@pytest.mark.full
def test_a_named_optimizer_has_the_decay_that_optax_gives_it_unless_told_otherwise():
    def trained(optimizer, **numbers):
        numbers = Hyperparameters(learning_rate=0.1, **numbers)
        return fit(cells.Elman(2), TASK, 3, numbers=numbers, optimizer=optimizer, batch_size=4)

    own = trained("adamw").last
    assert_identical(own, trained("adamw", weight_decay=1e-4).last)
    assert_close(own, fit_with(optax.adamw(0.1)).last, rtol=1e-6, atol=1e-7)
    assert_identical(trained("adam").last, trained("adamw", weight_decay=0.0).last)


TASK = tasks.Adding(4)


def fit_with(transformation):
    return fit(cells.Elman(2), TASK, 3, optimizer=transformation, batch_size=4)


@pytest.mark.full
def test_steps_and_predictions_of_embedded_sequences_agree():
    model = models.SequenceModel(
        (models.Recurrent(cells.Elman(3)),), models.Last(4), encoder=nn.Embed(7, 3)
    )
    fitted = fit(model, TOKENS, 2, batch_size=4)
    inputs = np.arange(15).reshape(5, 3) % 7
    states = None
    for x_t in inputs:
        states, y = fitted.step(states, x_t)
    assert y.shape == (3, 4)
    assert_close(y, fitted.predict(inputs))


@pytest.fixture(scope="module")
def adder():
    return fit(cells.Elman(2), TASK, 2, batch_size=4)


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


def test_a_part_smaller_than_a_batch_of_evaluation_is_padded():
    fitted = fit(small.classifier(), small.labelled(), 2, batch_size=4)
    wanted, found = fitted.classes("train")
    assert wanted.shape == found.shape == (small.N,)
    accuracy = float(np.mean(np.asarray(wanted) == np.asarray(found)))
    assert fitted.evaluate("train")["accuracy"] == pytest.approx(accuracy)
