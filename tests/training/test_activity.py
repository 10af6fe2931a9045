import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import models, tasks, training
from rnnjax.batch import Batch
from rnnjax.cells import Elman, Normal
from rnnjax.compose import zoneout
from rnnjax.training import ActivityRegularised, activity, make_objective, slowness
from rnnjax.training.objective import Noise
from tests.filled import filled
from tests.full import full
from tests.laws.draws import assert_close, normal
from tests.training import small

T, B, H = 5, 3, 4
HS = normal(0, (T, B, H))
MASK = np.arange(T)[:, None] < np.array([5, 3, 1])
RESET = np.zeros((T, B), bool)
RESET[2, 0] = True
NOISE = Noise(jax.random.key(0), None)


@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("reset", [None, RESET])
def test_penalties_are_means_over_what_is_there(mask, reset):
    there = np.ones((T, B), bool) if mask is None else mask
    begins = np.zeros((T, B), bool) if reset is None else reset
    squares, changes = [], []
    for t in range(T):
        for b in range(B):
            if there[t, b]:
                squares.append((HS[t, b] ** 2).mean())
            if t and there[t, b] and there[t - 1, b] and not begins[t, b]:
                changes.append(((HS[t, b] - HS[t - 1, b]) ** 2).mean())
    assert float(activity(HS, mask)) == pytest.approx(np.mean(squares), rel=1e-5)
    assert float(slowness(HS, mask, reset)) == pytest.approx(np.mean(changes), rel=1e-5)


def test_where_there_is_nothing_they_are_zero():
    nothing = np.zeros((T, B), bool)
    assert float(activity(HS, nothing)) == float(slowness(HS, nothing)) == 0
    assert float(slowness(HS[:1])) == 0


def test_half_precision_is_added_up_in_single():
    hs = jnp.full((3000, 1, 1), 0.1, jnp.bfloat16)
    assert activity(hs).dtype == jnp.float32
    assert float(activity(hs)) == pytest.approx(0.01, rel=0.01)


def batch_of():
    steps = jnp.asarray(MASK)
    return Batch(jnp.asarray(normal(1, (T, B, 2))), jnp.array([0, 1, 2]), steps[0], steps, RESET)


@pytest.mark.parametrize("bidirectional", [False, full(True)])
def test_in_training_the_loss_has_those_of_the_last_layer(bidirectional):
    cell = Elman(H, recurrent_init=Normal(0.4))
    model = models.sequence_model(cell, models.Last, 3, layers=2, bidirectional=bidirectional)
    plain = make_objective(model, small.labelled())
    objective = ActivityRegularised(model, small.labelled(), ar=0.7, tar=0.3)
    batch = batch_of()
    params = filled(1, lambda: plain.init(jax.random.key(0), batch))
    _, outputs = objective.apply(params, (), batch, NOISE)
    hs, wanted = batch.inputs, plain.apply(params, (), batch, None)[1]
    for layer, name in zip(model.layers, ("layers_0", "layers_1"), strict=True):
        _, hs = layer.apply({"params": params[name]}, hs, mask=batch.steps, reset=batch.reset)
    halves = np.split(np.asarray(hs), 2, -1) if bidirectional else [np.asarray(hs)]
    added = sum(0.7 * activity(h, MASK) + 0.3 * slowness(h, MASK, RESET) for h in halves)
    expected = float(plain.loss(wanted, batch) + added)
    assert float(objective.loss(outputs, batch)) == pytest.approx(expected, rel=1e-5)
    assert_close(objective.metrics(outputs, batch), plain.metrics(wanted, batch))
    _, outputs = objective.apply(params, (), batch, None)
    assert float(objective.loss(outputs, batch)) == float(plain.loss(wanted, batch))


@pytest.mark.full
def test_it_trains_a_network_with_noise_to_do_less():
    task, found = small.labelled(), []
    model = models.sequence_model(zoneout(small.CELL, 0.3), models.Last, task.output_dim)
    numbers = training.Hyperparameters(learning_rate=0.03)
    for weight in (0.0, 50.0):
        objective = ActivityRegularised(model, task, ar=weight, tar=0.0)
        fitted = training.fit(objective, task, 40, numbers=numbers, batch_size=4)
        leaves = jax.tree.leaves(fitted.params["layers_0"])
        found.append(sum(float(jnp.square(leaf).sum()) for leaf in leaves))
    assert found[1] < 0.7 * found[0]


@pytest.mark.full
def test_windows_go_on_where_the_one_before_ended():
    task = tasks.Echo(delay=1, length=21, window=5)
    model = models.sequence_model(small.CELL, models.All, task.output_dim)
    plain, objective = make_objective(model, task), ActivityRegularised(model, task)
    batch = jax.tree.map(lambda x: x, task.source("train", 3).shuffled(jax.random.key(0)))
    params = filled(1, lambda: plain.init(jax.random.key(0), batch))
    carry = plain.initial_carry(params, batch)
    assert_close(objective.initial_carry(params, batch), carry)
    carry = jax.tree.map(lambda s: s + 0.5, carry)
    wanted, outputs = plain.apply(params, carry, batch, NOISE)
    found, penalised = objective.apply(params, carry, batch, NOISE)
    assert_close((found, penalised.outputs), (wanted, outputs))
    assert_close(
        objective.apply(params, carry, batch, None), plain.apply(params, carry, batch, None)
    )
