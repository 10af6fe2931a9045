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


class Told(nn.Module):
    """Answers with the number of steps, and 100 more in training."""

    @nn.compact
    def __call__(self, inputs, mask, *, train):
        steps = jnp.full(inputs.shape[1], len(inputs)) if mask is None else mask.sum(0)
        return self.param("w", nn.initializers.ones, ()) * (steps + 100 * train)[:, None]


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
    found = fit(small.Affine(), task, 3, numbers=NUMBERS, **OPTIONS)
    assert found.best_step is None
    assert_identical(found.params, found.last)
    assert [line["split"] for line in found.history] == ["train"]
    with pytest.raises(ValueError, match="has no data for test"):
        found.evaluate()
    with pytest.raises(ValueError, match=r"^patience looks at validation, and nothing is held out"):
        fit(small.Affine(), task, 3, patience=1, **OPTIONS)


def test_an_average_is_what_is_evaluated_and_chosen():
    watch = Averages()
    found = fit(
        small.Affine(),
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

    model = small.Affine()
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
    fitted = fit(small.Affine(), small.labelled(), 9, numbers=NUMBERS, **OPTIONS)
    members = [NUMBERS._replace(learning_rate=3e38), NUMBERS]
    lost, found = fit_members(small.Affine(), small.labelled(), 9, members, **OPTIONS)
    assert found.history == fitted.history
    assert_identical(found.params, fitted.params)
    assert_identical(found.last, fitted.last)
    assert lost.history == []
    with pytest.raises(DivergedError):
        fit(small.Affine(), small.labelled(), 9, numbers=members[0], **OPTIONS)


@pytest.mark.parametrize(
    "network", [models.MLP((4, small.CLASSES)), full(small.Affine())], ids=type
)
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
    fitted = fit(model, small.tokens(), 2, batch_size=4)
    inputs = np.arange(15).reshape(5, 3) % 7
    states = None
    for x_t in inputs:
        states, y = fitted.step(states, x_t)
    assert y.shape == (3, 4)
    assert_close(y, fitted.predict(inputs))


def test_a_part_smaller_than_a_batch_of_evaluation_is_padded():
    fitted = fit(small.classifier(), small.labelled(), 2, batch_size=4)
    wanted, found = fitted.classes("train")
    assert wanted.shape == found.shape == (small.N,)
    accuracy = float(np.mean(np.asarray(wanted) == np.asarray(found)))
    assert fitted.evaluate("train")["accuracy"] == pytest.approx(accuracy)
