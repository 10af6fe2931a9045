import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rnnjax import compose, models, training
from rnnjax.training.devices import data_mesh
from rnnjax.training.objective import Objective
from rnnjax.training.state import parameter_count
from rnnjax.training.update import make_advance
from tests.laws.draws import assert_close, assert_identical
from tests.training import small

PER_EPOCH = small.N // 6


def test_one_update_is_the_step_that_optax_writes_by_hand():
    source, objective = small.images(), small.classifier()
    optimizer = optax.chain(optax.clip_by_global_norm(0.1), optax.adam(0.03))
    state, chance = small.begin(objective, optimizer, source)
    after, metrics = make_advance(objective, optimizer, data_mesh(1))(state, source, chance, 1)

    order = jax.random.permutation(jax.random.fold_in(chance.data, 0), small.N)[:6]
    xs = np.moveaxis(source.images[order], 1, 0) / np.float32(255)
    labels = source.labels[order]

    def logits(params):
        cell, dense = params["layers_0"]["cell"], params["readout"]["Dense_0"]
        h = jnp.zeros((6, 4))
        for x_t in xs:
            h = jnp.tanh(x_t @ cell["w_x"] + h @ cell["w_h"] + cell["b"][None])
        return h @ dense["kernel"] + dense["bias"][None]

    def loss(params):
        return -jax.nn.log_softmax(logits(params))[np.arange(6), labels].mean()

    @jax.jit
    def step(params, opt_state):
        value, grads = jax.value_and_grad(loss)(params)
        updates, opt_state = optimizer.update(grads, opt_state)
        right = (logits(params).argmax(-1) == labels).mean()
        found = {"loss": value, "accuracy": right}
        return optax.apply_updates(params, updates), opt_state, found, optax.tree.norm(grads)

    params, opt_state, found, norm = step(state.params, state.opt_state)
    assert norm > 0.1  # so that it is clipped
    assert_close((after.params, after.opt_state, metrics), (params, opt_state, found), atol=1e-6)
    assert after.step == 1


def test_updates_made_in_one_call_or_in_two_are_the_same_bit_for_bit():
    source, objective = small.images(), small.classifier(dropout=0.5, layers=2)
    optimizer = optax.adam(0.03)
    state, chance = small.begin(objective, optimizer, source)
    advance = make_advance(objective, optimizer, data_mesh(1))
    total = 2 * PER_EPOCH + 1
    whole, metrics = advance(state, source, chance, total)
    each, one = [], state
    for _ in range(total):
        one, found = advance(one, source, chance, 1)
        each.append(found)
    assert_identical(one, whole)
    for first in range(1, total):
        half, _ = advance(state, source, chance, first)
        assert_identical(advance(half, source, chance, total - first)[0], whole)
    for name, value in metrics.items():
        assert value == pytest.approx(np.mean([float(found[name]) for found in each]), rel=1e-5)


def test_a_carry_goes_on_from_call_to_call_bit_for_bit():
    source = small.windows()
    objective, optimizer = small.listener(source), optax.adam(0.03)
    state, chance = small.begin(objective, optimizer, source)
    advance = make_advance(objective, optimizer, data_mesh(1))
    whole, _ = advance(state, source, chance, 10)
    for first in (1, 3, 4, 5, 8, 9):  # an epoch has four windows
        half, _ = advance(state, source, chance, first)
        assert_identical(advance(half, source, chance, 10 - first)[0], whole)


def counting(batch_size):
    """Returns a problem whose parameters count how often each image was seen."""
    labels = np.arange(small.N, dtype=np.int32)
    source = small.images(batch_size)
    source = type(source)(source.images, labels, source.to_sequences, batch_size)
    objective = Objective(
        init=lambda key, batch: jnp.zeros(small.N),
        initial_carry=lambda params, batch: (),
        apply=lambda params, carry, batch, key: (carry, params[batch.targets]),
        loss=lambda outputs, batch: -outputs.sum(),
        metrics=lambda outputs, batch: {},
    )
    return source, objective


@pytest.mark.parametrize("batch_size", [5, 6, 20])
def test_an_epoch_shows_every_image_once_but_for_those_that_fill_no_batch(batch_size):
    source, objective = counting(batch_size)
    optimizer = optax.sgd(1.0)
    state, chance = small.begin(objective, optimizer, source)
    state = state._replace(params=jnp.zeros(small.N))
    advance = make_advance(objective, optimizer, data_mesh(1))
    left_out = []
    for epoch in range(1, 4):
        before = np.asarray(state.params)
        state, _ = advance(state, source, chance, small.N // batch_size)
        seen = np.asarray(state.params) - before
        assert set(seen) <= {0, 1}
        left_out.append(np.flatnonzero(seen == 0).tolist())
        assert len(left_out[-1]) == small.N % batch_size
        assert state.step == epoch * (small.N // batch_size)
    if small.N % batch_size:
        assert left_out[0] != left_out[1] != left_out[2]


def test_epochs_have_orders_of_their_own_and_seeds_too():
    source = small.images()
    chance = small.begin(small.classifier(), optax.sgd(1.0), source)[1]
    orders = {tuple(source.shuffled(jax.random.fold_in(chance.data, e)).tolist()) for e in range(5)}
    assert len(orders) == 5
    assert all(sorted(order) == list(range(small.N)) for order in orders)


def test_dropout_depends_on_the_update_and_the_seed():
    source, objective = small.images(20), small.classifier(dropout=0.5, layers=2)
    optimizer = optax.sgd(0.0)
    state, chance = small.begin(objective, optimizer, source)
    advance = make_advance(objective, optimizer, data_mesh(1))
    losses = []
    for _ in range(3):
        state, metrics = advance(state, source, chance, 1)
        losses.append(float(metrics["loss"]))
    other = chance._replace(noise=jax.random.key(99))
    losses.append(float(advance(state._replace(step=state.step - 1), source, other, 1)[1]["loss"]))
    assert len(set(losses)) == 4  # the parameters and the images are the same each time


def test_parameters_are_counted():
    source, objective = small.images(), small.classifier()
    state, _ = small.begin(objective, optax.sgd(1.0), source)
    assert parameter_count(state.params) == 5 * 4 + 4 * 4 + 4 + 4 * 3 + 3


def test_a_learned_initial_state_is_learned_through_the_first_window():
    source = small.windows()
    cell = compose.learned_start(small.CELL)
    model = models.sequence_model(cell, models.All, source.task.output_dim)
    objective, optimizer = training.on_windows(model, source.task), optax.sgd(0.1)
    state, chance = small.begin(objective, optimizer, source)
    advance = make_advance(objective, optimizer, data_mesh(1))

    def initial(state):
        return np.asarray(state.params["layers_0"]["cell"]["initial"]["h"])

    first, _ = advance(state, source, chance, 1)
    second, _ = advance(first, source, chance, 1)
    assert np.abs(initial(first) - initial(state)).max() > 1e-4
    np.testing.assert_array_equal(initial(second), initial(first))  # its window was not the first
