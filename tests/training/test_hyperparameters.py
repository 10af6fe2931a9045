import math

import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.training.hyperparameters import Hyperparameters, check, stack
from rnnjax.training.rules import default_weight_decay

MEMBERS = (
    Hyperparameters(),
    Hyperparameters(2**32 - 1, 0.1, 7, 0.5, 0.01, 0.2, 3),
    Hyperparameters(np.int64(3), np.float32(0.25), np.int32(0), 1, 0, 0, 1),
)


def test_members_are_stacked_number_by_number():
    members = (MEMBERS[0]._replace(weight_decay=0.0, dropout=0.0), *MEMBERS[1:])
    stacked = stack(members)
    for name, leaf in stacked._asdict().items():
        np.testing.assert_allclose(leaf, [getattr(member, name) for member in members], rtol=1e-7)
        wanted = {"seed": jnp.uint32, "warmup_steps": jnp.int32}.get(name, jnp.float32)
        assert leaf.dtype == wanted


@pytest.mark.parametrize("name", ["weight_decay", "dropout"])
def test_some_numbers_are_given_for_all_members_or_for_none(name):
    assert getattr(stack(MEMBERS[:1] * 2), name) is None
    one, other = MEMBERS[0], MEMBERS[0]._replace(**{name: 0.5})
    with pytest.raises(ValueError, match=rf"^{name} is a number for all members .*, or None for"):
        stack([one, other])


def test_a_population_has_members():
    with pytest.raises(ValueError, match="at least one member"):
        stack([])


@pytest.mark.parametrize("member", MEMBERS)
def test_what_can_be_is_not_refused(member):
    check(member)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("seed", (-1, 2**32, 1.0, True, "1", None)),
        ("warmup_steps", (-1, 2**31, 0.5, False, None)),
        ("learning_rate", (0, -0.1, math.inf, math.nan, 1e-60, 1e-40, 1e60, "0.1", True, None)),
        ("clip_norm", (0, -1.0, math.nan, None, 1e-46, 1e39)),
        ("weight_decay", (-0.1, math.inf, math.nan, "1", 1e-46)),
        ("dropout", (1.0, 1.5, -0.1, math.nan, 1 - 1e-12, 1e-46)),
        ("init_scale", (0, -1.0, math.inf, math.nan, 1e-40)),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(name, values):
    for value in values:
        with pytest.raises(ValueError, match=rf"^{name} must be .*; got ") as caught:
            check(Hyperparameters()._replace(**{name: value}))
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("rule", "decay"),
    [
        ("adamw", 1e-4),
        ("nadamw(b1=0.8)", 1e-4),
        ("lion", 1e-3),
        ("muon", 0.0),
        ("dog", 0.0),  # None in Optax
        ("adam", None),
        ("adafactor(weight_decay_rate=0.1)", None),
    ],
)
def test_the_default_decay_is_that_of_optax(rule, decay):
    assert default_weight_decay(rule) == decay
