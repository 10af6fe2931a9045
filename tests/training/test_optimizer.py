import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rnnjax.training import OPTIMIZERS, OptimizerSettings, make_optimizer
from rnnjax.training.optimizer import hyperparameters, learning_rate_at

STEPS = 40


def rates(schedule="constant", warmup_steps=0):
    cosine = schedule == "cosine"
    settings = {"peak": 0.5, "warmup_steps": warmup_steps, "steps": STEPS, "cosine": cosine}
    return [float(learning_rate_at(count, **settings)) for count in range(STEPS + 1)]


def test_a_constant_rate_is_constant():
    assert rates() == [0.5] * (STEPS + 1)


def test_a_cosine_falls_to_zero_at_the_last_update():
    wanted = [0.25 * (1 + math.cos(math.pi * t / STEPS)) for t in range(STEPS + 1)]
    np.testing.assert_allclose(rates(schedule="cosine"), wanted, atol=1e-7)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_a_warmup_rises_in_a_line_from_zero(schedule):
    found = rates(schedule=schedule, warmup_steps=8)
    np.testing.assert_allclose(found[:9], [0.5 * t / 8 for t in range(9)], rtol=1e-6)
    fall = {"constant": lambda _: 0.5, "cosine": lambda x: 0.25 * (1 + math.cos(math.pi * x))}
    wanted = [fall[schedule]((t - 8) / (STEPS - 8)) for t in range(8, STEPS + 1)]
    np.testing.assert_allclose(found[8:], wanted, atol=1e-7)


@pytest.mark.parametrize("warmup", [STEPS, STEPS + 1])
def test_a_warmup_that_takes_all_the_updates_is_refused(warmup):
    with pytest.raises(ValueError, match=f"warmup_steps {warmup} must be less than steps 40"):
        make_optimizer(OptimizerSettings(warmup_steps=warmup), STEPS)


def test_an_unknown_schedule_is_refused():
    with pytest.raises(ValueError, match="unknown schedule 'linear'; one of constant, cosine"):
        make_optimizer(OptimizerSettings(schedule="linear"), STEPS)


def test_the_rates_are_those_of_optax():
    for warmup in (0, 7):
        ours = rates("cosine", warmup)
        theirs = optax.warmup_cosine_decay_schedule(0.0, 0.5, warmup, STEPS)
        np.testing.assert_allclose(ours, [theirs(t) for t in range(STEPS + 1)], atol=1e-7)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_numbers_put_into_the_state_are_obeyed(name):
    decay = 0.3 if name in ("adamw", "muon") else None
    there = OptimizerSettings(name, 0.2, "cosine", 3, 0.5, decay)
    here = OptimizerSettings(name, 0.01, "cosine", 0, 50.0, None if decay is None else 0.1)
    params = {"w": jnp.arange(6.0).reshape(2, 3), "b": jnp.ones(2)}
    grads = jax.tree.map(jnp.cos, params)
    wanted, found = (make_optimizer(settings, STEPS) for settings in (there, here))
    state, other = wanted.init(params), found.init(params)
    other = other._replace(hyperparams=hyperparameters(other, there))
    for _ in range(4):
        updates, state = wanted.update(grads, state, params)
        same, other = found.update(grads, other, params)
        jax.tree.map(np.testing.assert_array_equal, updates, same)


def test_a_weight_decay_is_refused_where_there_is_none():
    with pytest.raises(ValueError, match=r"^adam has no weight decay; adamw, muon have$"):
        make_optimizer(OptimizerSettings("adam", weight_decay=0.1), STEPS)


@pytest.mark.parametrize("norm", [0.5, 5.0, 50.0])
def test_a_gradient_that_is_too_long_is_scaled(norm):
    optimizer = make_optimizer(OptimizerSettings("sgd", 1.0, clip_norm=5.0), STEPS)
    grads = {"a": jnp.array([3.0, 0.0]) * norm / 5, "b": jnp.array(4.0) * norm / 5}
    updates, _ = optimizer.update(grads, optimizer.init(grads))
    scale = min(1.0, 5.0 / norm)
    np.testing.assert_allclose(updates["a"], -scale * grads["a"], rtol=1e-6)
    np.testing.assert_allclose(updates["b"], -scale * grads["b"], rtol=1e-6)


def test_without_a_limit_no_gradient_is_scaled():
    optimizer = make_optimizer(OptimizerSettings("sgd", 0.1), STEPS)
    updates, _ = optimizer.update(jnp.array([3e6, 4e6]), optimizer.init(jnp.zeros(2)))
    np.testing.assert_allclose(updates, [-3e5, -4e5], rtol=1e-6)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_every_optimizer_descends_a_quadratic(name):
    rate = {"adam": 0.1, "adamw": 0.1, "muon": 0.1, "rmsprop": 0.1, "sgd": 0.2}[name]
    settings = OptimizerSettings(name, rate, "cosine", warmup_steps=5, clip_norm=10.0)
    optimizer = make_optimizer(settings, 100)
    curvature = np.linspace(0.5, 2, 6).reshape(2, 3)
    start = {"w": jnp.array([[3.0, -2.0, 1.0], [0.5, 2.0, -3.0]]), "b": jnp.array([1.0, -1.0])}

    def loss(params):
        return (curvature * params["w"] ** 2).sum() + (params["b"] ** 2).sum()

    @jax.jit
    def descend(params):
        def step(_, carry):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss)(params), state, params)
            return jax.tree.map(jnp.add, params, updates), state

        return jax.lax.fori_loop(0, 100, step, (params, optimizer.init(params)))[0]

    assert loss(descend(start)) < 0.02 * loss(start)
