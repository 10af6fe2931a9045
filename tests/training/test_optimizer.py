import inspect
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rnnjax.training.hyperparameters import Hyperparameters, stack
from rnnjax.training.optimizer import Optimizer, clip
from rnnjax.training.rules import NOISE, OptaxRule, check_rule, rules
from tests.full import full

STEPS = 10
MEMBERS = (
    Hyperparameters(1, 0.1, 0, 0.5, 0.3),
    Hyperparameters(2**32 - 1, 0.02, 1, math.inf, 0.01),
)
PARAMS = {"matrix": jnp.linspace(-1, 2, 6).reshape(3, 2), "vector": jnp.array([0.5, -0.7])}


def single_precision(member):
    """Returns a member's numbers as training has them."""
    return jax.tree.map(lambda leaf: leaf[0], stack([member]))


def grads_of(params, update):
    return jax.tree.map(lambda leaf: jnp.cos(leaf + update), params)


def three_updates(optimizer, member):
    """Returns the parameters after each, `[3, ...]`, as training makes them."""
    rule = optimizer.build(member, STEPS)

    def body(carry, update):
        params, state = carry
        grads = grads_of(params, update)
        grads = clip(grads, optax.tree.norm(grads), member.clip_norm)
        updates, state = rule.update(grads, state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), params

    return jax.lax.scan(body, (PARAMS, rule.init(PARAMS)), jnp.arange(3))[1]


def three_updates_by_hand(make, member, **arguments):
    """Does the same with Optax and Python numbers; some of Optax's rules take no schedule."""
    known = inspect.signature(make).parameters
    if "weight_decay" in known:
        arguments["weight_decay"] = member.weight_decay
    if "key" in known:
        arguments["key"] = jax.random.fold_in(jax.random.key(member.seed), NOISE)
    rates = optax.warmup_cosine_decay_schedule(
        0.0, member.learning_rate, member.warmup_steps, STEPS
    )
    clipping = optax.clip_by_global_norm(member.clip_norm)
    params, passed = PARAMS, []
    state = make(learning_rate=member.learning_rate, **arguments).init(params)
    for update in range(3):
        rule = make(learning_rate=float(rates(update)), **arguments)
        grads, _ = clipping.update(grads_of(params, update), optax.EmptyState())
        updates, state = rule.update(grads, state, params)
        params = optax.apply_updates(params, updates)
        passed.append(params)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *passed)


@pytest.mark.filterwarnings("ignore:`optimistic_adam` is deprecated")
@pytest.mark.parametrize(
    "name", [rule if rule in ("adamw", "lion", "sgd") else full(rule) for rule in sorted(rules())]
)
def test_members_together_do_what_each_does_by_hand_or_the_rule_is_refused(name):
    make = rules()[name].make
    try:
        wanted = [three_updates_by_hand(make, member) for member in MEMBERS]
    except (TypeError, ValueError):
        with pytest.raises(ValueError, match=f"^{name} makes no update of gradients alone: "):
            check_rule(name, constant=True)
        return
    check_rule(name, constant=True)
    together = jax.jit(jax.vmap(lambda member: three_updates(Optimizer(name, "cosine"), member)))
    found = together(stack(MEMBERS))
    wanted = jax.tree.map(lambda *leaves: jnp.stack(leaves), *wanted)
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-6), found, wanted)
    assert not np.array_equal(found["matrix"][0, 2], found["matrix"][0, 1])


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("name", ["adam", "adamw", "muon", "rmsprop", "sgd"])
def test_every_bit_is_that_of_optax_with_a_schedule(name, schedule):
    member = single_precision(MEMBERS[1])
    ours = Optimizer(name, schedule)
    decay = {"weight_decay": member.weight_decay} if name in ("adamw", "muon") else {}
    theirs = rules()[name].make(lambda count: ours.rate(member, count, STEPS), **decay)
    rule = ours.build(member, STEPS)
    state, their_state = rule.init(PARAMS), theirs.init(PARAMS)
    for update in range(3):
        grads = grads_of(PARAMS, update)
        found, state = rule.update(grads, state, PARAMS)
        wanted, their_state = theirs.update(grads, their_state, PARAMS)
        jax.tree.map(np.testing.assert_array_equal, found, wanted)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float64])
@pytest.mark.parametrize("name", ["adamw", "lars", "rprop", "sgd(momentum=0.9)"])
def test_parameters_keep_their_precision(name, dtype, x64):
    params = jax.tree.map(lambda leaf: leaf.astype(dtype), PARAMS)
    rule = Optimizer(name, "cosine").build(single_precision(MEMBERS[1]), STEPS)
    state = rule.init(params)
    updates, after = jax.eval_shape(rule.update, params, state, params)
    assert {leaf.dtype for leaf in jax.tree.leaves(updates)} == {jnp.dtype(dtype)}
    assert jax.tree.map(jnp.result_type, after) == jax.tree.map(jnp.result_type, state)


@pytest.mark.parametrize("norm", [0.5, 4.999, 5.0, 50.0, np.inf, np.nan])
@pytest.mark.parametrize("clip_norm", [5.0, jnp.float32(5.0)])
def test_gradients_are_clipped_as_optax_does(norm, clip_norm):
    grads = {"a": jnp.array([3.0, 0.0]) * norm / 5, "b": jnp.array(4.0) * norm / 5}
    wanted, _ = optax.clip_by_global_norm(5.0).update(grads, optax.EmptyState())
    found = clip(grads, optax.tree.norm(grads), clip_norm)
    jax.tree.map(np.testing.assert_array_equal, found, wanted)
    if np.isfinite(norm):
        np.testing.assert_allclose(optax.tree.norm(found), min(norm, 5.0), rtol=1e-6)


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1.0, 1e30, np.inf, np.nan])
def test_an_infinite_limit_changes_no_bit(scale):
    grads = {"a": jnp.array([0.3, -0.0]) * scale, "b": jnp.array(-4.0, jnp.bfloat16) * scale}
    for limit in (math.inf, jnp.float32(jnp.inf)):
        found = clip(grads, optax.tree.norm(grads), limit)
        for name, leaf in grads.items():
            assert found[name].dtype == leaf.dtype
            assert np.asarray(found[name]).tobytes() == np.asarray(leaf).tobytes()


@pytest.mark.parametrize(
    ("rule", "schedule", "message"),
    [
        ("adma", "constant", "unknown name 'adma'; did you mean adamax?"),
        ("adam", "cosin", "unknown name 'cosin'; did you mean cosine?"),
        (
            "adam(learning_rate=0.1)",
            "constant",
            "learning_rate is given by itself: --",
        ),
        ("adamw(weight_decay=0.1)", "constant", "weight_decay is given by itself"),
        ("schedule_free_sgd(warmup_steps=9)", "constant", "warmup_steps is given by itself"),
        ("noisy_sgd(key=3)", "constant", "seed is given by itself: --seed"),
        ("sgd(0.1)", "constant", "arguments of an optimizer are given by name"),
        ("adam(b9=0.1)", "constant", "got an unexpected keyword argument 'b9'"),
        ("adam(b1=2)", "constant", r"^adam\(b1=2\): b1 must be at least 0 and less than 1; got 2$"),
        ("adamw(b2=1.0)", "constant", "b2 must be at least 0 and less than 1; got 1.0"),
        ("adan(b3=-0.1)", "constant", "b3 must be at least 0 and less than 1; got -0.1"),
        ("lion(b2=0.99999999999)", "constant", "b2 must be at least 0 and less than 1"),
        ("sgd(momentum=1.5)", "constant", "momentum must be at least 0 and less than 1"),
        ("rmsprop(decay=1)", "constant", "decay must be at least 0 and less than 1"),
        ("muon(adam_b2=3)", "constant", "adam_b2 must be at least 0 and less than 1"),
        ("signum(beta=-1)", "constant", "beta must be at least 0 and less than 1; got -1"),
        ("prodigy(betas=(0.9, 7))", "constant", "betas must be at least 0 and less than 1; got 7"),
        ("adam(b1='a')", "constant", "makes no update of gradients alone"),
        ("galore(base_optimizer=sgd)", "constant", "makes no update of gradients alone"),
        ("lbfgs", "constant", "lbfgs makes no update of gradients alone: .*'value'"),
        ("polyak_sgd", "constant", "polyak_sgd of Optax is no optimizer that takes a learning"),
        ("chain(adam)", "constant", "chain of Optax is no optimizer that takes a learning rate"),
        ("0.1", "constant", "'0.1' is not an optimizer"),
        ("rprop", "cosine", "rprop starts from the learning rate: its schedule must be constant"),
    ],
)
def test_wrong_texts_are_refused_in_one_line(rule, schedule, message):
    with pytest.raises(ValueError, match=message) as caught:
        Optimizer(rule, schedule).check(STEPS)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "rule",
    ["adam(b1=0, b2=0.0)", "sgd(momentum=None)", "optimistic_gradient_descent(beta=2.0)"],
)
def test_what_an_optimizer_keeps_of_its_averages_may_be_all_that_optax_means(rule):
    Optimizer(rule).check(STEPS)


def test_arguments_reach_optax():
    member = Hyperparameters(learning_rate=0.1)
    found = three_updates(Optimizer("sgd(momentum=0.9, nesterov=True)", "cosine"), member)
    wanted = three_updates_by_hand(optax.sgd, member, momentum=0.9, nesterov=True)
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-6), found, wanted)


def test_a_rule_that_does_not_keep_what_it_is_given_is_refused(monkeypatch):
    def summed(learning_rate):
        return optax.stateless(lambda grads, _: jax.tree.map(jnp.sum, grads))

    monkeypatch.setitem(rules(), "summed", OptaxRule("summed", summed))
    with pytest.raises(ValueError, match=r"^summed changes the shapes of what it is given$"):
        check_rule("summed", constant=True)


@pytest.mark.parametrize("texts", [{"rule": optax.sgd(0.1)}, {"schedule": optax.constant_schedule}])
def test_what_is_not_a_text_is_refused(texts):
    with pytest.raises(TypeError, match="must be the text of one; got"):
        Optimizer(**texts)


def test_no_run_is_without_updates():
    with pytest.raises(ValueError, match="steps must be 1 or more; got 0"):
        Optimizer().check(0)
