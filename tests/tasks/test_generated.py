"""Tasks that draw their sequences, as somebody would write them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.batch import Batch
from rnnjax.tasks import GeneratedTask, WindowedTask
from tests.laws.draws import assert_close
from tests.tasks.compiled import held_out, judge, trained_on


class Largest(GeneratedTask):
    """Say which of the first numbers of a sequence is largest; sequences are of many lengths."""

    length: int = 6
    among: int = 3
    input_dim = 1
    per_step = False
    metric = "accuracy"

    @property
    def output_dim(self):
        return self.among

    def sample(self, key, batch_size):
        key_numbers, key_lengths = jax.random.split(key)
        xs = jax.random.uniform(key_numbers, (self.length, batch_size, 1))
        lengths = jax.random.randint(key_lengths, (batch_size,), self.among, self.length + 1)
        steps = jnp.arange(self.length)[:, None] < lengths[None]
        xs = jnp.where(steps[..., None], xs, jnp.nan)
        return Batch(xs, xs[: self.among, :, 0].argmax(0), jnp.ones(batch_size, bool), steps)


class Sums(WindowedTask):
    """Say the sum so far; a series begins anew every ten steps."""

    length: int = 20
    window: int = 4
    input_dim = output_dim = 1

    def sample(self, key, batch_size):
        xs = jax.random.normal(key, (self.length, batch_size, 1))
        sums = xs.reshape(-1, 10, batch_size, 1).cumsum(1).reshape(xs.shape)
        begins = jnp.broadcast_to(jnp.arange(self.length)[:, None] % 10 == 0, xs.shape[:2])
        return Batch(xs, sums, jnp.ones(xs.shape[:2], bool), reset=begins)

    def metrics(self, outputs, batch):
        return {"bias": jnp.where(batch.mask[..., None], outputs - batch.targets, 0).mean()}


def test_the_batches_of_a_task_are_what_it_draws():
    source = Largest(length=8).source("train", 5)
    draw = jax.jit(Largest(8).sample, static_argnums=1)
    drawn = draw(jax.random.fold_in(jax.random.key(3), 0), 5)
    found = trained_on(source, epoch=3)
    for name in Batch._fields[:4]:
        assert np.array_equal(
            getattr(found, name), getattr(drawn, name), equal_nan=name == "inputs"
        )
    assert found.reset is None
    assert np.isnan(found.inputs).any()
    assert source.batch(source.shuffled(jax.random.key(3)), 0, np.array([4])).inputs.shape[1] == 1


def test_windows_keep_what_says_that_a_sequence_begins():
    source = Sums().source("validation", 2)
    series = source.ordered()
    windows = [held_out(source, index) for index in range(source.batches)]
    assert source.batches == 5
    begins = np.concatenate([window.reset for window in windows])
    assert np.flatnonzero(begins[:, 0]).tolist() == [0, 10]
    for index, window in enumerate(windows):
        steps = slice(4 * index, 4 * index + 4)
        assert np.array_equal(window.targets, series.targets[steps])
    xs, sums = (np.concatenate([w[i] for w in windows])[10:, :, 0] for i in (0, 1))
    assert_close(sums, xs.cumsum(0), atol=1e-6)


def test_loss_and_metrics_are_the_tasks_own_or_follow_from_the_targets():
    batch = trained_on(Sums().source("train", 2))
    assert judge(Sums(), batch.targets + 2, batch)[0] == pytest.approx(4, rel=1e-5)
    assert Sums().metrics(batch.targets + 2, batch)["bias"] == pytest.approx(2, rel=1e-5)
    batch = trained_on(Largest().source("train", 4))
    right = 9 * np.eye(3, dtype=np.float32)[batch.targets]
    right[0] = -right[0]
    _, _, accuracy = judge(Largest(), right, batch)
    assert accuracy == 0.75


def test_a_task_says_what_it_is():
    assert repr(Largest(among=2)) == "Largest(length=6, among=2)"
    assert Largest().token == "largest"
    assert Largest().description == Largest().title == "Largest(length=6, among=3)"
    assert Largest().digest == ""
    assert Largest().baseline is None
    assert (Largest().carries, Sums().carries) == (False, True)


def test_a_task_without_what_it_needs_cannot_be_made():
    class Sizeless(GeneratedTask):
        def sample(self, key, batch_size):
            raise NotImplementedError

    with pytest.raises(TypeError, match="input_dim"):
        Sizeless()
