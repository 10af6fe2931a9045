"""What tools of arrays refuse, and what they make of states that do not vary."""

import re

import jax
import jax.numpy as jnp
import pytest

from rnnjax.analysis import (
    dimensions,
    draw_starts,
    fit_dynamics,
    fixed_points,
    linearize,
    plot_dimensions,
    smooth_gradient,
    svcca,
    transient_growth,
)

KEY = jax.random.key(0)
REFUSED = {
    "points must be [M, N]; got (3,)": lambda: linearize(jnp.tanh, jnp.zeros(3)),
    "delays must be 1 or more; got 0": lambda: fit_dynamics(jnp.ones((9, 2)), delays=0, rank=1),
    "steps must be 0 or more; got -3": lambda: transient_growth(jnp.eye(2), -3),
    "samples must be 1 or more; got 0": lambda: smooth_gradient(
        lambda xs: xs.sum((0, 2)), jnp.ones((2, 1, 1)), KEY, 1.0, samples=0
    ),
    "x (0, 2) and y (0, 2) have no moments": lambda: svcca(jnp.ones((0, 2)), jnp.ones((0, 2))),
    "starts are finite real numbers; got float32 [[nan]]": lambda: fixed_points(
        jnp.tanh, jnp.full((1, 1), jnp.nan)
    ),
    "there is nothing to draw from in states (0, 2)": lambda: draw_starts(KEY, jnp.ones((0, 2)), 4),
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_wrong_value_gets_one_line(message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        REFUSED[message]()


def test_what_is_not_a_number_is_like_nothing():
    broken, others = jnp.full((6, 3), jnp.nan), jax.random.normal(KEY, (6, 2))
    assert jnp.isnan(svcca(broken, others))
    assert jnp.isnan(svcca(others, broken))


def test_states_that_do_not_vary_have_no_dimension():
    constant, others = jnp.ones((6, 3)), jax.random.normal(KEY, (6, 3))
    found = dimensions(constant)
    counts = found.participation_ratio, found.unbiased, found.entropy, found.components()
    assert [float(count) for count in counts] == [0, 0, 0, 0]
    assert plot_dimensions(found, title="constant").axes
    assert float(svcca(constant, others)) == float(svcca(others, constant)) == 0
