"""Each point of a sweep equals its run alone, bit for bit."""

import functools
import math

import jax
import numpy as np
import pytest

from rnnjax.models import MLP
from rnnjax.training import (
    DivergedError,
    Hyperparameters,
    Optimizer,
    Plan,
    make_mesh,
    make_objective,
    make_problem,
)
from rnnjax.training.hyperparameters import stack
from rnnjax.training.members import make_advance
from rnnjax.training.rules import default_weight_decay, rules
from rnnjax.training.update import Learning
from tests.full import full
from tests.laws.draws import assert_close, assert_identical
from tests.training import small

PLAN = Plan(steps=9, log_every=2, eval_every=4)
BASE = Hyperparameters(5, 0.03, 2, 1.0, 0.01, 0.3, 1.0)
MEMBERS = [
    BASE,
    BASE._replace(seed=2**32 - 1),
    BASE._replace(learning_rate=0.1),
    BASE._replace(warmup_steps=0),
    BASE._replace(clip_norm=math.inf, weight_decay=0.0),
    BASE._replace(clip_norm=0.1),
    BASE._replace(weight_decay=3.0, clip_norm=0.1),
    BASE._replace(weight_decay=10.0),
    BASE._replace(dropout=0.0),
    BASE._replace(dropout=0.5, clip_norm=math.inf),
    BASE._replace(init_scale=1.7),
]
DIVERGING = BASE._replace(learning_rate=3e38, warmup_steps=0, clip_norm=math.inf)
COMMON = [  # and momentum, see `test_members_optimized` and `on_eight_devices`
    (Optimizer("adam"), 0.5),
    (Optimizer("adamw", "cosine"), None),
    (Optimizer("muon(ns_steps=2)", "linear"), None),
    (Optimizer("lion(b1=0.8)"), None),
]


def members_of(rule, layers=2):
    """Returns members that an optimizer can have, of many without weight decay, and a network."""
    members = [*MEMBERS, DIVERGING]
    if layers == 1:
        members = [member._replace(dropout=0.0) for member in members]
    if default_weight_decay(rule.rule) is None:
        members = [member._replace(weight_decay=0.0) for member in members]
    return members


def problem(rule, ema=None, layers=2):
    objective = small.classifier(layers=layers)
    members = members_of(rule, layers)
    return make_problem(objective, rule, PLAN, batch_size=6, members=members, ema=ema)


def check(rule, ema=None, layers=2, same=assert_identical):
    *members, lost = members_of(rule, layers)
    found = small.trained(problem(rule, ema, layers), [*members, lost])
    for numbers, member in zip(members, found, strict=False):
        if member["ended"] < 0:
            with pytest.raises(DivergedError):
                small.trained(problem(rule, ema, layers), [numbers])
            continue
        (alone,) = small.trained(problem(rule, ema, layers), [numbers])
        same(member, alone)
        assert len(member["lines"]) == 11  # 2, 4, 6, 8, 9; at 4, 8 and 9 two more each
    return found


@pytest.mark.parametrize(
    ("rule", "ema"), [COMMON[0], *(full(*others) for others in COMMON[1:])], ids=str
)
@pytest.mark.full
def test_each_member_equals_its_run_alone_bit_for_bit(rule, ema):
    *found, lost = check(rule, ema)
    assert {int(member["ended"]) for member in found} == {0}
    assert lost["ended"] < 0
    assert lost["lines"][:-4] == []  # it has at most those of the first evaluation
    with pytest.raises(DivergedError):
        small.trained(problem(rule, ema), members_of(rule)[-1:])
    if rule.rule == "adamw":  # each number makes a difference
        ends = {member["params"]["readout"]["Dense_0"]["kernel"].tobytes() for member in found}
        assert len(ends) == len(MEMBERS)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(rules()))
def test_of_every_optimizer_each_member_equals_its_run_alone(name):
    try:
        Optimizer(name).check(PLAN.steps)
    except ValueError as error:
        pytest.skip(str(error))
    # Of rules that few use, some processors fuse the last bit otherwise.
    found = check(Optimizer(name), same=functools.partial(assert_close, rtol=1e-5, atol=1e-6))
    assert any(member["ended"] == 0 for member in found)


@pytest.mark.full
def test_members_that_a_device_runs_at_once_are_those_alone_up_to_rounding():
    source, rule = small.labelled().source("train", 6), Optimizer("sgd")
    one = small.One(make_objective(MLP((4, 3)), small.labelled()), rule, source, BASE)
    members = stack([BASE, MEMBERS[1], MEMBERS[5]])
    begin = jax.tree.map(lambda leaf: np.stack([leaf] * 3), one.begin())
    begin = begin._replace(step=begin.step[0])
    alive = np.array([True, True, False])
    alone, both = (
        make_advance(Learning(one.objective, rule, 9), make_mesh(), at_once=count)(
            begin, alive, members, source, 5
        )
        for count in (1, 2)
    )
    assert_close(both, alone, rtol=1e-5, atol=1e-6)
    assert np.isnan(both[1]["loss"]).tolist() == [False, False, True]
    for state, _ in (alone, both):
        assert state.step == 5
        assert_identical(
            jax.tree.map(lambda leaf: leaf[2], state.params),
            jax.tree.map(lambda leaf: leaf[2], begin.params),
        )
