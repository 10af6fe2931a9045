import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.batch import (
    Batch,
    accuracy,
    cross_entropy,
    masked_mean,
    squared_error,
    without_missing,
)
from tests.laws.draws import assert_close, assert_identical, normal

T, B, K = 4, 3, 5
MASKS = {
    "some steps": np.random.default_rng(0).random((T, B)) < 0.6,
    "one sequence not": np.arange(B) != 1,
    "all": np.ones((T, B), bool),
}
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)


def judged(loss, outputs, targets, mask):
    """Returns a loss and its gradient."""
    return jax.tree.map(np.asarray, jax.jit(jax.value_and_grad(loss))(outputs, targets, mask))


@every_mask
@pytest.mark.parametrize("loss", [squared_error, cross_entropy], ids=lambda loss: loss.__name__)
def test_a_loss_with_missing_targets_is_that_of_the_others_alone(loss, mask):
    outputs = normal(1, (*mask.shape, K))
    if loss is cross_entropy:
        targets = np.random.default_rng(2).integers(0, K, mask.shape).astype(np.int32)
        missing = np.array([-1, K, 10**9], np.int32)
    else:
        targets, missing = normal(2, outputs.shape), np.array([np.nan, np.inf, -np.inf], np.float32)
    value, gradient = judged(loss, outputs, targets, mask)
    alone, of_alone = judged(loss, outputs[mask], targets[mask], np.ones(mask.sum(), bool))
    assert_close(value, alone, rtol=1e-6)
    assert_close(gradient[mask], of_alone, rtol=1e-6)
    assert not gradient[~mask].any()
    filled, silent = targets.copy(), outputs.copy()
    count = filled[~mask].size
    filled[~mask] = np.resize(missing, count).reshape(filled[~mask].shape)
    silent[~mask] = np.resize([np.nan, np.inf], silent[~mask].size).reshape(silent[~mask].shape)
    for those in (outputs, silent):
        assert_identical(judged(loss, those, filled, mask), (value, gradient))


def test_losses_are_those_that_numpy_computes():
    outputs, numbers = normal(3, (T, B, K)), normal(4, (T, B, K))
    classes, mask = np.arange(T * B).reshape(T, B) % K, MASKS["some steps"]
    wanted = ((outputs - numbers)[mask] ** 2).mean()
    assert squared_error(outputs, numbers, jnp.asarray(mask)) == pytest.approx(wanted, rel=1e-6)
    chances = np.exp(outputs) / np.exp(outputs).sum(-1, keepdims=True)
    chosen = np.take_along_axis(chances, classes[..., None], -1)[..., 0]
    wanted = -np.log(chosen[mask]).mean()
    assert cross_entropy(outputs, classes, jnp.asarray(mask)) == pytest.approx(wanted, rel=1e-6)
    right = (outputs.argmax(-1) == classes)[mask].mean()
    assert accuracy(outputs, jnp.asarray(classes), jnp.asarray(mask)) == pytest.approx(right)


def test_of_nothing_the_mean_is_zero_and_so_is_its_gradient():
    nowhere = np.zeros((T, B), bool)
    values = np.full((T, B), np.nan, np.float32)
    value, gradient = jax.value_and_grad(masked_mean)(values, nowhere)
    assert value == 0
    assert not np.asarray(gradient).any()


@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("per_step", [False, True])
def test_what_is_missing_becomes_zero_and_the_rest_stays_as_it_is(tokens, per_step):
    steps, mask = MASKS["some steps"], MASKS["some steps" if per_step else "one sequence not"]
    inputs = 1 + normal(5, (T, B) if tokens else (T, B, 2)) ** 2
    inputs = np.ceil(inputs).astype(np.int32) if tokens else inputs
    targets = 1 + normal(6, (*mask.shape, K)) ** 2
    found = without_missing(Batch(jnp.asarray(inputs), jnp.asarray(targets), mask, steps))
    assert_identical(found.inputs[steps], inputs[steps])
    assert_identical(found.targets[mask], targets[mask])
    assert not np.asarray(found.inputs)[~steps].any()
    assert not np.asarray(found.targets)[~mask].any()
    whole = without_missing(Batch(jnp.asarray(inputs), jnp.asarray(targets), mask))
    assert_identical(whole.inputs, inputs)
