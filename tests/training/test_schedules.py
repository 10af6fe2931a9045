import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.optimizer import Optimizer
from rnnjax.training.schedules import check_schedule

STEPS = 40
OPTAX = (
    ("constant_schedule", optax.constant_schedule(1.0)),
    ("cosine_decay_schedule(alpha=0.1)", optax.cosine_decay_schedule(1.0, STEPS, 0.1)),
    ("cosine_onecycle_schedule", optax.cosine_onecycle_schedule(STEPS, 1.0)),
    ("linear_onecycle_schedule(pct_start=0.5)", optax.linear_onecycle_schedule(STEPS, 1.0, 0.5)),
    ("exponential_decay(decay_rate=0.5)", optax.exponential_decay(1.0, STEPS, 0.5)),
    (
        "exponential_decay(transition_steps=3, decay_rate=0.9, staircase=True)",
        optax.exponential_decay(1.0, 3, 0.9, staircase=True),
    ),
    ("exponential_decay(0.5, 3, 0.9)", optax.exponential_decay(0.5, 3, 0.9)),
    ("linear_schedule(end_value=0.2)", optax.linear_schedule(1.0, 0.2, STEPS)),
    ("polynomial_schedule(end_value=0, power=2)", optax.polynomial_schedule(1.0, 0, 2, STEPS)),
    (
        "piecewise_constant_schedule(boundaries_and_scales=((9, 0.1), (20, 0.5)))",
        optax.piecewise_constant_schedule(1.0, {9: 0.1, 20: 0.5}),
    ),
    (
        "warmup_cosine_decay_schedule(warmup_steps=5)",
        optax.warmup_cosine_decay_schedule(0.0, 1.0, 5, STEPS),
    ),
    (
        "join_schedules((constant_schedule(), linear_schedule(end_value=0)), boundaries=(8,))",
        optax.join_schedules([lambda _: 1.0, optax.linear_schedule(1.0, 0, STEPS)], [8]),
    ),
    (
        "sgdr_schedule((dict(init_value=0, peak_value=1, decay_steps=9, warmup_steps=2),))",
        optax.warmup_cosine_decay_schedule(0, 1, 2, 9),
    ),
)
SHAPES = {
    "constant": lambda done: 1.0,
    "cosine": lambda done: 0.5 * (1 + math.cos(math.pi * done)),
    "linear": lambda done: 1 - done,
}


def rates(schedule, warmup=0):
    optimizer = Optimizer(schedule=schedule)
    member = Hyperparameters(learning_rate=0.5, warmup_steps=warmup)
    rate = jax.jit(lambda member, count: optimizer.rate(member, count, STEPS))
    return [float(rate(member, count)) for count in range(STEPS + 1)]


@pytest.mark.parametrize("warmup", [0, 8])
@pytest.mark.parametrize("schedule", SHAPES)
def test_a_rate_rises_in_a_line_and_then_has_its_shape(schedule, warmup):
    found = rates(schedule, warmup)
    np.testing.assert_allclose(found[:warmup], [0.5 * t / 8 for t in range(warmup)], rtol=1e-6)
    done = [(t - warmup) / (STEPS - warmup) for t in range(warmup, STEPS + 1)]
    wanted = [0.5 * SHAPES[schedule](x) for x in done]
    np.testing.assert_allclose(found[warmup:], wanted, atol=1e-7)


@pytest.mark.parametrize("warmup", [0, 7])
@pytest.mark.parametrize(("text", "wanted"), OPTAX, ids=[text for text, _ in OPTAX])
def test_schedules_of_optax_are_factors_from_the_end_of_the_warmup(text, wanted, warmup):
    check_schedule(text, STEPS)
    rise = [0.5 * t / 7 for t in range(warmup)]
    factors = [0.5 * float(wanted(t)) for t in range(STEPS + 1 - warmup)]
    np.testing.assert_allclose(rates(text, warmup), rise + factors, rtol=1e-5, atol=1e-12)


def test_a_rate_has_the_precision_of_the_highest(x64):
    member = Hyperparameters(learning_rate=jnp.float32(0.5), warmup_steps=jnp.int32(3))
    for schedule in (*SHAPES, "cosine_onecycle_schedule"):
        optimizer = Optimizer(schedule=schedule)
        rate = jax.eval_shape(lambda: optimizer.rate(member, jnp.int32(1), STEPS))  # noqa: B023
        assert rate.dtype == jnp.float32


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("linaer", r"unknown name 'linaer'; did you mean linear\?"),
        ("inject_hyperparams(constant)", "unknown name 'inject_hyperparams'"),
        ("cosine()", "cosine is not to be called"),
        ("0.5", "'0.5' is not a schedule: constant, cosine, linear, or one of Optax's"),
        ("dict", "'dict' is not a schedule"),
        ("exponential_decay", r"exponential_decay\(\): missing a required argument: 'decay_rate'"),
        ("cosine_decay_schedule(decay_steps=0)", "requires positive decay_steps"),
        ("cosine_onecycle_schedule(div_factor=0)", "division by zero"),
        ("cosine_decay_schedule(alpha='a')", "cosine_decay_schedule"),
        ("join_schedules((cosine, linear), (4,))", "'NoneType' object is not callable"),
        ("sgdr_schedule((dict(),))", r"sgdr_schedule\(\(dict\(\),\)\): "),
        ("exponential_decay(3, decay_rate=-0.9)", "is nan times the learning rate at update 20"),
        ("linear_schedule(end_value=-1)", "is -0.95 times the learning rate at update 39"),
    ],
)
def test_what_is_no_schedule_is_refused_in_one_line(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        check_schedule(text, STEPS)
    assert len(str(caught.value).splitlines()) == 1
