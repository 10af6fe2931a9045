import jax
import numpy as np
import optax
import pytest

from rnnjax import tasks
from rnnjax.training import TaskSource, WindowSource
from rnnjax.training.devices import data_mesh
from rnnjax.training.update import make_advance
from tests.laws.draws import assert_close, assert_identical
from tests.training import small


def parts(source, order, index, rows):
    """Draws a batch in parts of `rows` rows and lays them side by side."""
    found = [
        source.batch(order, index, np.arange(begin, begin + rows))
        for begin in range(0, source.batch_size, rows)
    ]
    return jax.tree.map(lambda *xs: np.concatenate(xs, axis=min(1, xs[0].ndim - 1)), *found)


def test_images_are_gathered_in_order_and_padding_is_masked():
    source = small.images(6)
    order = np.random.default_rng(1).permutation(small.N)
    for index in range(source.batches):
        batch = source.batch(order, index, np.arange(6))
        chosen = order[6 * index : 6 * (index + 1)]
        there = len(chosen)
        wanted = source.images[chosen] / np.float32(255)
        assert_close(batch.inputs[:, :there], np.moveaxis(wanted, 1, 0), atol=1e-7)
        assert batch.targets[:there].tolist() == source.labels[chosen].tolist()
        assert batch.mask.tolist() == [True] * there + [False] * (6 - there)
    assert (source.updates_per_epoch, source.batches) == (3, 4)
    assert source.ordered().tolist() == list(range(small.N))


SOURCES = [
    small.images(6),
    TaskSource(tasks.Adding(5), 6),
    WindowSource(tasks.Echo(1, 21), 6, window=5, length=21),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_batch_does_not_depend_on_how_it_is_divided(source, rows):
    order = source.shuffled(jax.random.key(1))
    whole = source.batch(order, 2, np.arange(6))
    assert_identical(parts(source, order, 2, rows), jax.tree.map(np.asarray, whole))


def test_a_task_gives_new_sequences_at_every_update_and_the_same_at_every_evaluation():
    source, rows = TaskSource(tasks.Adding(5), 4, batches=3), np.arange(4)
    assert (source.updates_per_epoch, source.batches) == (3, 3)
    training = [
        source.batch(source.shuffled(jax.random.key(epoch)), index, rows)
        for epoch in range(2)
        for index in range(3)
    ]
    testing = [source.batch(source.ordered(), index, rows) for index in range(3)]
    numbers = [np.asarray(batch.inputs)[..., 0].ravel() for batch in training + testing]
    assert len(np.unique(np.concatenate(numbers))) == 9 * 5 * 4
    again = [source.batch(source.ordered(), index, rows) for index in range(3)]
    assert_identical(again, testing)


def test_windows_tile_the_series():
    source = small.windows(delay=2, length=21, window=5)
    assert source.updates_per_epoch == source.batches == 4
    order = source.shuffled(jax.random.key(3))
    assert_identical(order, source.task.sample(jax.random.key(3), 3))
    cut = [source.batch(order, index, np.arange(3)) for index in range(4)]
    joined = jax.tree.map(lambda *xs: np.concatenate(xs), *cut)
    assert_identical(joined, jax.tree.map(lambda x: np.asarray(x[:20]), order))
    held_out = source.ordered()
    assert not np.array_equal(held_out.inputs, order.inputs)
    assert_identical(source.ordered(), held_out)


def test_each_window_starts_from_the_state_in_which_the_last_one_ended():
    source = small.windows()
    objective, optimizer = small.listener(source), optax.sgd(0.0)
    state, chance = small.begin(objective, optimizer, source)
    advance = make_advance(objective, optimizer, data_mesh(1))
    run = jax.jit(
        lambda p, batch: objective.apply(p, objective.initial_carry(p, batch), batch, None)
    )
    losses = []
    for step in range(1, 11):
        state, metrics = advance(state, source, chance, 1)
        epoch, window = divmod(step - 1, 4)
        series = source.shuffled(jax.random.fold_in(chance.data, epoch))
        steps = 5 * (window + 1)
        until = jax.tree.map(lambda x, n=steps: x[:n], series)
        carry, outputs = run(state.params, until)
        # Uncut from the beginning of this epoch's series: nothing is left of the epoch before.
        assert_close(state.carry, carry, atol=1e-6)
        wanted = source.task.loss(outputs[-5:], jax.tree.map(lambda x: x[-5:], until))
        assert metrics["loss"] == pytest.approx(float(wanted), rel=1e-5)
        losses.append(float(wanted))
    assert len(set(losses)) == 10
