"""Batches on the device: drawn, cut in windows, gathered."""

import jax
import numpy as np
import pytest

from rnnjax import tasks
from rnnjax.tasks.sources import Drawn, Gathered, Windows, rows_of
from tests.laws.draws import assert_identical
from tests.tasks.compiled import held_out, sample, trained_on

N, T, D = 20, 5, 3
RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(N, T, D)).astype(np.float32)
CLASSES, LENGTHS = RNG.integers(0, 4, (N, T)), np.arange(N) % (T + 1)
ARRAYS = {
    "one a step": (INPUTS, CLASSES),
    "one a sequence": (INPUTS, CLASSES[:, 0]),
    "lengths": (INPUTS, CLASSES, LENGTHS),
    "numbers": (INPUTS, INPUTS[..., :2] ** 2, LENGTHS),
    "numbers, one a sequence": (INPUTS, INPUTS[:, 0], LENGTHS),
    "tokens": (CLASSES, CLASSES[:, 1]),
}


def gathered(name, batch_size=6):
    return tasks.Arrays(ARRAYS[name], test=ARRAYS[name]).source("test", batch_size)


@pytest.mark.parametrize("name", ARRAYS)
def test_examples_are_gathered_in_order_and_padding_is_masked(name):
    source = gathered(name)
    inputs, targets, lengths = tasks.Examples(*ARRAYS[name])
    assert (source.updates_per_epoch, source.batches) == (3, 4)
    order = np.random.default_rng(1).permutation(N)
    for index in range(source.batches):
        batch = jax.tree.map(np.asarray, source.batch(order, index, np.arange(6)))
        chosen = order[6 * index : 6 * (index + 1)]
        there = len(chosen)
        per_step = name not in ("one a sequence", "numbers, one a sequence", "tokens")
        steps = np.full(N, T) if lengths is None else lengths
        wanted = np.arange(T)[:, None] < steps[chosen]
        assert np.array_equal(batch.inputs[:, :there], np.moveaxis(inputs[chosen], 1, 0))
        found = batch.targets[:, :there] if per_step else batch.targets[:there]
        assert np.array_equal(
            found, np.moveaxis(targets[chosen], 1, 0) if per_step else targets[chosen]
        )
        mask = np.zeros((T, 6), bool)
        mask[:, :there] = wanted
        assert np.array_equal(batch.mask, mask if per_step else mask.any(0))
        assert (batch.steps is None) == (lengths is None)
        assert lengths is None or np.array_equal(batch.steps, mask)
    assert_identical(
        held_out(source, 3), jax.tree.map(np.asarray, source.batch(np.arange(N), 3, np.arange(6)))
    )


def test_an_epoch_of_training_is_a_permutation_without_its_short_end():
    source = gathered("one a step")
    epochs = [
        np.concatenate([trained_on(source, index, epoch).inputs for index in range(3)], axis=1)
        for epoch in range(2)
    ]
    rows = [[np.argwhere((INPUTS[:, 0] == x[None]).all(1)).item() for x in e[0]] for e in epochs]
    assert all(len(set(found)) == 18 for found in rows)
    assert rows[0] != rows[1]


SOURCES = [
    gathered("lengths"),
    Drawn(tasks.Adding(5), 6),
    Windows(tasks.Echo(1, 21, window=5), 6, window=5, length=21),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_batch_does_not_depend_on_how_it_is_divided(source, rows):
    order = source.shuffled(jax.random.key(1))
    whole = jax.tree.map(np.asarray, source.batch(order, 2, np.arange(6)))
    parts = [source.batch(order, 2, np.arange(b, b + rows)) for b in range(0, 6, rows)]
    joined = jax.tree.map(lambda *xs: np.concatenate(xs, axis=1), *parts)
    assert_identical(joined, whole)


def test_rows_of_a_batch_are_those_of_each_of_its_arrays():
    for name in ("lengths", "numbers, one a sequence"):
        batch = held_out(gathered(name))
        chosen = rows_of(batch, np.array([4, 1]))
        first = batch.mask.ndim == 1
        assert np.array_equal(chosen.inputs, batch.inputs[:, [4, 1]])
        assert np.array_equal(chosen.steps, batch.steps[:, [4, 1]])
        for a, b in zip((chosen.targets, chosen.mask), (batch.targets, batch.mask), strict=True):
            assert np.array_equal(a, b[[4, 1]] if first else b[:, [4, 1]])


def test_a_task_gives_new_sequences_at_every_update_and_the_same_at_every_evaluation():
    train, test = (tasks.Adding(5).source(part, 4) for part in ("train", "test"))
    assert (train.updates_per_epoch, test.batches) == (1, 10)
    training = [trained_on(train, 0, epoch) for epoch in range(3)]
    testing = [held_out(test, index) for index in range(3)]
    numbers = [batch.inputs[..., 0].ravel() for batch in training + testing]
    assert len(np.unique(np.concatenate(numbers))) == 6 * 5 * 4
    assert_identical([held_out(test, index) for index in range(3)], testing)


def test_windows_tile_the_series():
    task = tasks.Echo(delay=2, length=21, window=5)
    source = task.source("train", 3)
    assert source.updates_per_epoch == source.batches == 4
    assert task.carries
    order = source.shuffled(jax.random.key(3))
    series = sample(task, 3, seed=3)
    assert_identical(jax.tree.map(np.asarray, order), series)
    cut = [trained_on(source, index, epoch=3) for index in range(4)]
    joined = jax.tree.map(lambda *xs: np.concatenate(xs), *cut)
    assert_identical(joined, jax.tree.map(lambda x: x[:20], series))
    assert not np.array_equal(source.ordered().inputs, order.inputs)


def test_parts_share_a_compiled_program():
    task = tasks.Adding(4)
    traced = []

    @jax.jit
    def inputs(source):
        traced.append(source)
        return source.batch(source.ordered(), 0, np.arange(2)).inputs

    found = [inputs(task.source(part, 2)) for part in ("validation", "test")]
    assert len(traced) == 1
    assert not np.array_equal(*found)


def test_gathered_data_are_an_argument_and_no_constant():
    assert len(jax.tree.leaves(gathered("lengths"))) == 3
    assert isinstance(gathered("lengths"), Gathered)
