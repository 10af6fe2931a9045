import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rnnjax import compose, models, tasks
from rnnjax.training import Hyperparameters, Objective, Optimizer, make_objective
from rnnjax.training.fit import FixedRule
from rnnjax.training.hyperparameters import stack
from rnnjax.training.members import make_initial
from rnnjax.training.state import keys_of, parameter_count
from rnnjax.training.update import Learning
from tests.laws.draws import assert_close, assert_identical
from tests.training import small

BATCH = 6
PER_EPOCH = small.N // BATCH
NUMBERS = Hyperparameters(seed=5, learning_rate=0.03)


def classifying(objective, rule=None, numbers=NUMBERS, **options):
    source = small.labelled().source("train", BATCH)
    return small.One(objective, rule or Optimizer(), source, numbers, **options)


def test_updates_are_the_steps_that_optax_makes_by_hand():
    numbers = NUMBERS._replace(clip_norm=0.1, warmup_steps=1)
    one = classifying(small.classifier(), Optimizer("adam", "cosine"), numbers, steps=8)
    rate = optax.warmup_cosine_decay_schedule(0.0, 0.03, 1, 8)
    optimizer = optax.chain(optax.clip_by_global_norm(0.1), optax.adam(rate))
    xs, classes = small.sequences(small.N)

    def logits(params, xs):
        cell, dense = params["layers_0"]["cell"], params["readout"]["Dense_0"]
        h = jnp.zeros((BATCH, 4))
        for t in range(small.T):
            h = jnp.tanh(xs[:, t] @ cell["w_x"] + h @ cell["w_h"] + cell["b"][None])
        return h @ dense["kernel"] + dense["bias"][None]

    def loss(params, xs, classes):
        return -jax.nn.log_softmax(logits(params, xs))[np.arange(BATCH), classes].mean()

    @jax.jit
    def step(params, opt_state, xs, classes):
        value, grads = jax.value_and_grad(loss)(params, xs, classes)
        updates, opt_state = optimizer.update(grads, opt_state)
        right = (logits(params, xs).argmax(-1) == classes).mean()
        found = {"loss": value, "accuracy": right, "grad_norm": optax.tree.norm(grads)}
        return optax.apply_updates(params, updates), opt_state, found

    state = one.begin()
    params, opt_state = state.params, optimizer.init(state.params)
    for update in range(4):  # over the end of an epoch
        epoch, index = divmod(update, PER_EPOCH)
        order = jax.random.permutation(jax.random.fold_in(one.keys.data, epoch), small.N)
        chosen = order[BATCH * index : BATCH * (index + 1)]
        state, metrics = one(state, 1)
        params, opt_state, found = step(params, opt_state, xs[chosen], classes[chosen])
        assert found["grad_norm"] > 0.1  # so that it is clipped
        found = {name: float(value) for name, value in found.items()}
        assert metrics == pytest.approx(found | {"learning_rate": float(rate(update))}, abs=1e-6)
        assert_close(state.params, params, atol=1e-6)
        assert state.step == update + 1


def test_updates_made_in_one_call_or_in_several_are_the_same_bit_for_bit():
    one = classifying(small.classifier(layers=2), numbers=NUMBERS._replace(dropout=0.5))
    begin, total = one.begin(), 2 * PER_EPOCH + 1
    whole, metrics = one(begin, total)
    each, state = [], begin
    for _ in range(total):
        state, found = one(state, 1)
        each.append(found)
    assert_identical(state, whole)
    for first in range(1, total):
        half, _ = one(begin, first)
        assert_identical(one(half, total - first)[0], whole)
    for name in ("loss", "accuracy", "grad_norm"):
        assert metrics[name] == pytest.approx(np.mean([found[name] for found in each]), rel=1e-5)


@pytest.mark.full
def test_dropout_depends_on_the_update_and_the_seed():
    one = classifying(small.classifier(layers=2))
    one.source = small.labelled().source("train", small.N)
    state, losses = one.begin(), []
    for step in range(3):
        at = state._replace(step=np.int32(step))
        losses.append(one(at, 1, dropout=0.5)[1]["loss"])
    losses.append(one(at, 1, dropout=0.5, seed=6)[1]["loss"])
    losses.append(one(at, 1, dropout=0.4)[1]["loss"])
    assert len(np.unique(np.round(losses, 5))) == 5  # the sequences are the same each time
    dry = [one(at, 1)[1]["loss"], one(at, 1, seed=6)[1]["loss"], one(state, 1)[1]["loss"]]
    assert dry == pytest.approx([dry[0]] * 3, rel=1e-5)


def test_the_average_of_parameters_forgets_the_first_ones_soon():
    one = classifying(small.classifier(), ema=0.2)
    state = one.begin()
    average = jax.tree.map(np.asarray, state.params)
    for stays in (1 / 10, 2 / 11, 0.2, 0.2):
        state, _ = one(state, 1)
        average = jax.tree.map(lambda a, p, s=stays: s * a + (1 - s) * p, average, state.params)
        assert_close(state.average, average, rtol=1e-5, atol=1e-7)
        assert_identical(state.judged, state.average)


def echoing(cell, rule, numbers=NUMBERS):
    task = small.windows()
    model = models.sequence_model(cell, models.All, task.output_dim)
    return small.One(make_objective(model, task), rule, task.source("train", 3), numbers)


@pytest.mark.full
def test_a_carry_goes_on_from_call_to_call_bit_for_bit():
    one = echoing(small.CELL, Optimizer())
    begin = one.begin()
    whole, _ = one(begin, 10)
    for first in (1, 3, 4, 5, 8, 9):  # an epoch has four windows
        half, _ = one(begin, first)
        assert_identical(one(half, 10 - first)[0], whole)


def test_a_learned_initial_state_is_learned_through_the_first_window():
    one = echoing(compose.learned_start(small.CELL), Optimizer("sgd"))

    def initial(state):
        return np.asarray(state.params["layers_0"]["cell"]["initial"]["h"])

    begin = one.begin()
    first, _ = one(begin, 1)
    second, _ = one(first, 1)
    assert np.abs(initial(first) - initial(begin)).max() > 1e-4
    np.testing.assert_array_equal(initial(second), initial(first))  # its window was not the first


class Counting(Objective):
    """Its parameters count how often each example was seen."""

    def init(self, key, batch):
        return jnp.zeros(small.N)

    def apply(self, params, carry, batch, noise):
        return carry, params[batch.targets]

    def loss(self, outputs, batch):
        return -outputs.sum()

    def metrics(self, outputs, batch):
        return {}


@pytest.mark.parametrize("batch_size", [5, 6, 20])
def test_an_epoch_shows_every_example_once_but_for_those_that_fill_no_batch(batch_size):
    xs, _ = small.sequences(small.N)
    task = tasks.Arrays((xs, np.arange(small.N)))
    source = task.source("train", batch_size)
    numbers = NUMBERS._replace(learning_rate=1.0)
    one = small.One(Counting(None, task), Optimizer("sgd"), source, numbers)
    state = one.begin()._replace(params=jnp.zeros(small.N))
    left_out, per_epoch = [], small.N // batch_size
    for epoch in range(1, 4):
        before = np.asarray(state.params)
        state, metrics = one(state, per_epoch)
        seen = np.asarray(state.params) - before
        assert set(seen) <= {0, 1}
        left_out.append(np.flatnonzero(seen == 0).tolist())
        assert len(left_out[-1]) == small.N % batch_size
        assert state.step == epoch * per_epoch
        assert metrics["grad_norm"] == pytest.approx(batch_size**0.5)
    if small.N % batch_size:
        assert left_out[0] != left_out[1] != left_out[2]


def test_epochs_have_orders_of_their_own_and_seeds_too():
    ones = [classifying(None, numbers=NUMBERS._replace(seed=seed)) for seed in (0, 1)]
    orders = {tuple(one.order(e * PER_EPOCH).tolist()) for one in ones for e in range(5)}
    assert len(orders) == 10
    assert all(sorted(order) == list(range(small.N)) for order in orders)


def test_a_member_begins_with_what_its_seed_draws_scaled_by_its_own_factor():
    objective, rule = small.classifier(), FixedRule(optax.sgd(1.0, momentum=0.5))
    source = small.labelled().source("train", BATCH)
    members = [Hyperparameters(seed=3), Hyperparameters(seed=4, init_scale=1.7)]
    states = make_initial(Learning(objective, rule, 9))(stack(members), source)
    for index, member in enumerate(members):
        batch = source.batch(np.arange(small.N), 0, np.arange(BATCH))
        drawn = objective.init(keys_of(member.seed).init, batch)
        wanted = jax.tree.map(lambda x, s=member.init_scale: x * s if x.ndim > 1 else x, drawn)
        assert_close(jax.tree.map(lambda x, i=index: x[i], states.params), wanted, rtol=1e-6)
    assert {float(abs(leaf).max()) for leaf in jax.tree.leaves(states.opt_state)} == {0.0}
    assert states.step == 0
    one = jax.tree.map(lambda leaf: leaf[0], states.params)
    assert parameter_count(one) == 4 * 4 + 4 * 4 + 4 + 4 * 3 + 3


def test_an_infinite_norm_clips_nothing():
    one = classifying(small.classifier(), Optimizer("sgd"))
    begin = one.begin()
    after, metrics = one(begin, 1, clip_norm=math.inf)
    moved = jax.tree.map(lambda a, b: a - b, after.params, begin.params)
    assert float(optax.tree.norm(moved)) == pytest.approx(0.03 * metrics["grad_norm"], rel=1e-5)
    clipped, _ = one(begin, 1, clip_norm=0.01)
    moved = jax.tree.map(lambda a, b: a - b, clipped.params, begin.params)
    assert float(optax.tree.norm(moved)) == pytest.approx(0.03 * 0.01, rel=1e-4)
