import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.tasks import Henon, Lorenz, Lorenz96
from rnnjax.tasks.series.series import nrmse, redrawn
from tests.tasks.compiled import sample


@pytest.mark.parametrize("task", [Henon(30, 4), Lorenz(20, 3, observed=2)], ids=repr)
def test_targets_are_what_is_seen_later(task):
    batch = sample(task, 10)
    shape = (task.length, 10, task.observed)
    assert batch.inputs.shape == batch.targets.shape == shape
    np.testing.assert_array_equal(batch.inputs[task.ahead :], batch.targets[: -task.ahead])
    assert batch.mask.all()


def test_fewer_coordinates_are_the_first_of_all():
    first, everything = (sample(Lorenz(20, observed=n), 10).inputs for n in (1, None))
    np.testing.assert_array_equal(first, everything[..., :1])


def test_sequences_may_have_lengths_of_their_own():
    batch = sample(Lorenz96(12, places=5, shortest=3), 40)
    lengths = batch.steps.sum(0)
    assert set(lengths) == set(range(3, 13))
    np.testing.assert_array_equal(batch.mask, np.arange(12)[:, None] < lengths)


def test_the_error_is_measured_by_the_spread_of_what_counts():
    rng = np.random.default_rng(0)
    outputs, targets = rng.normal(size=(2, 30, 4, 3)).astype(np.float32)
    targets = targets * np.float32([1, 2, 3]) + np.float32([5, 0, -5])
    mask = rng.random((30, 4)) < 0.5
    errors, kept = (outputs - targets)[mask], targets[mask]
    wanted = np.sqrt((errors**2).mean() / kept.var(0).mean())
    hidden = np.where(mask[..., None], targets, np.float32(np.nan))
    assert float(nrmse(outputs, hidden, mask)) == pytest.approx(wanted, rel=1e-5)
    mean = np.broadcast_to(kept.mean(0), targets.shape)
    assert float(nrmse(mean, targets, mask)) == pytest.approx(1, rel=1e-5)
    assert float(nrmse(outputs, targets, np.zeros_like(mask))) == 0


def test_a_task_reports_it():
    task = Henon(30)
    batch = sample(task, 10)
    metrics = jax.jit(task.metrics)(np.zeros_like(batch.targets), batch)
    assert list(metrics) == ["nrmse"]
    assert float(metrics["nrmse"]) == pytest.approx(1, abs=0.1)


def test_what_is_drawn_again_is_as_what_fits_at_once():
    draw = jax.jit(jax.vmap(lambda key: redrawn(jax.random.uniform, lambda x: x < 0.3, key)))
    numbers = np.asarray(draw(jax.random.split(jax.random.key(0), 5000)))
    assert numbers.max() < 0.3
    assert numbers.mean() == pytest.approx(0.15, abs=4 * 0.3 / 12**0.5 / 5000**0.5)
    assert len(np.unique(numbers)) > 4990
    assert jnp.shape(numbers) == (5000,)


def test_what_never_fits_ends_in_what_training_tells():
    draw = jax.jit(jax.vmap(lambda key: redrawn(jax.random.uniform, lambda x: x > 0.9999, key)))
    numbers = np.asarray(draw(jax.random.split(jax.random.key(0), 400)))
    # About one in ten finds one in a thousand draws; another's search does not change it.
    assert np.isnan(numbers).mean() == pytest.approx(0.9999**1000, abs=0.06)
    assert np.nanmin(numbers) > 0.9999
