import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import tasks
from rnnjax.batch import Batch
from tests.tasks.compiled import held_out, sample, trained_on


class Last(tasks.SizedTask):
    """Say the last number."""

    length: int = 5
    input_dim = output_dim = 1

    def draw(self, key, size):
        xs = jax.random.uniform(key, (self.length, 1))
        return Batch(xs, xs, jnp.arange(self.length) == size - 1)


@pytest.mark.parametrize(
    ("task", "least", "steps"),
    [
        (Last(7, shortest=3), 3, lambda n: n),
        (tasks.Adding(9, shortest=4), 4, lambda n: n),
        (tasks.Copying(6, 2, 3, shortest=1), 1, lambda n: n + 4),
        (tasks.Parity(8), 1, lambda n: n + 1),
    ],
    ids=["last", "adding", "copying", "parity"],
)
def test_each_size_is_as_likely_and_a_sequence_ends_where_its_size_says(task, least, steps):
    batch = sample(task, 4000)
    there = batch.steps.sum(0)
    assert (batch.steps == (np.arange(len(batch.steps))[:, None] < there)).all()
    assert not (batch.mask & ~batch.steps).any()
    sizes, counts = np.unique(there, return_counts=True)
    wanted = range(least, task.size + 1)
    assert sizes.tolist() == [steps(n) for n in wanted]
    assert np.abs(counts / 4000 - 1 / len(wanted)).max() < 4 * (0.25 / len(wanted) / 1000) ** 0.5


def test_sequences_of_one_size_have_no_steps_to_tell():
    assert sample(Last(4), 3).steps is None
    assert sample(tasks.Copying(4, 2), 3).steps is None


def test_marks_and_delays_keep_to_the_size():
    batch = sample(tasks.Adding(9, shortest=2), 500)
    numbers, markers = batch.inputs[..., 0], batch.inputs[..., 1]
    sizes = batch.steps.sum(0)
    for b, n in enumerate(sizes):
        first, second = np.flatnonzero(markers[:, b])
        assert first < n // 2 <= second < n
        assert batch.mask[:, b].nonzero()[0].tolist() == [n - 1]
        assert batch.targets[n - 1, b, 0] == pytest.approx(numbers[first, b] + numbers[second, b])
    task = tasks.Copying(6, 2, 3, shortest=1)
    batch = sample(task, 500)
    shown = batch.inputs.argmax(-1)
    for b, T in enumerate(batch.steps.sum(0)):
        message, delay = shown[:2, b].tolist(), T - 4
        assert shown[:T, b].tolist() == [*message, *[0] * (delay - 1), 4, 0, 0]
        assert batch.targets[:T, b].tolist() == [*[0] * (delay + 2), *message]


def test_the_test_part_is_longer_than_what_training_has_seen():
    task = tasks.Parity(5, tested=9)
    assert {part: _sizes(task, part) for part in ("train", "validation", "test")} == {
        "train": set(range(1, 6)),
        "validation": set(range(1, 6)),
        "test": set(range(6, 10)),
    }
    assert _sizes(tasks.Adding(4, tested=6), "test") == {5, 6}


def _sizes(task, part):
    source = task.source(part, 300)
    batch = trained_on(source) if part == "train" else held_out(source)
    if batch.steps is None:
        return {len(batch.inputs)}
    return set((batch.steps.sum(0) - (task.steps_of(1) - 1)).tolist())


def test_a_curriculum_lets_the_greatest_size_rise():
    source = Last(11, shortest=1, grows=100).source("train", 200)
    greatest = [trained_on(source, index).steps.sum(0).max() for index in (0, 10, 49, 50, 99, 100)]
    assert greatest == [1, 2, 5, 6, 10, 11]
    assert trained_on(source, 10_000).steps.sum(0).max() == 11


def test_a_curriculum_ends_with_the_greatest_size_whatever_its_updates():
    class Greatest(Last):
        def sample_sizes(self, key, batch_size, least, greatest):
            xs = jnp.full((1, batch_size, 1), greatest)
            return Batch(xs, xs, jnp.ones((1, batch_size), bool))

    for grows in (16_799, 16_800):  # 999 times the first is no number of single precision
        source = Greatest(1000, shortest=1, grows=grows).source("train", 1)
        greatest = [trained_on(source, index).inputs.item() for index in (0, grows, 10**6)]
        assert greatest == [1, 1000, 1000]


def test_one_size_after_another_is_evaluated_by_one_program():
    longer, compiled = Last(11, shortest=1).resized(30), 0

    @jax.jit
    def steps(source):
        nonlocal compiled
        compiled += 1
        return source.batch(source.ordered(), 0, jnp.arange(4)).steps.sum(0)

    for n in (1, 17, 30):
        assert steps(longer.source_of(n, 4)).tolist() == [n] * 4
    assert compiled == 1


def test_all_sequences_of_a_batch_may_have_one_size():
    task = Last(9, shortest=2, tested=12, alike=True)
    sizes = [sample(task, 20, seed).steps.sum(0) for seed in range(40)]
    assert all((each == each[0]).all() for each in sizes)
    assert {each[0] for each in sizes} == set(range(2, 10))
    assert len({sample(task, 20).inputs[0, b, 0] for b in range(20)}) == 20
    assert _sizes(task, "test") == {10, 11, 12}  # not alike: there are few batches of them


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"length": 0}, "length must be 1 or more"),
        ({"length": 3, "shortest": 4}, "shortest must be from 1 to length, 3"),
        ({"length": 3, "shortest": 0}, "shortest must be from 1 to length, 3"),
        ({"length": 3, "tested": 3}, "tested must be more than length, 3"),
        ({"length": 3, "grows": 10}, "grows goes from shortest to length: say shortest as well"),
        ({"length": 3, "shortest": 1, "grows": 0}, "grows must be 1 update or more, or none"),
    ],
)
def test_sizes_that_cannot_be_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        Last(**settings)
