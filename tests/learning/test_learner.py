"""What rules carry from run to run, and what they do alike."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, unroll
from rnnjax.cells.noise import pack
from rnnjax.learning import RFLO, RTRL, TBPTT, UORO, EProp, ForwardGradient, Learner, SnAp
from tests.catalogue import name
from tests.full import full
from tests.laws.draws import normal, params_of
from tests.learning.runs import bits, distance

T, B, D = 6, 2, 2
CELL = cells.LeakyElman(2)
RULES = [RTRL(), UORO(), ForwardGradient(2), *map(full, (SnAp(1), EProp(), RFLO()))]


def inputs(cell):
    """Returns inputs with a rule's noise, `[T, B, ...]`."""
    x = jnp.asarray(normal(1, (T, B, D)), float)
    return pack(x, cell.draw(jax.random.key(3), params_of(CELL), (T, B)))


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_steps_one_by_one_add_up_to_the_whole(rule, x64):
    """With parameters that stay, and the memory carried in the state."""
    carried = dataclasses.replace(rule, carry=True)
    cell = Learner(CELL, carried, D)
    params, xs = params_of(CELL), inputs(cell)

    def loss(params, state, part):
        state, ys = carried(cell, params, state, part)
        return jnp.sum(ys**3), state

    step = jax.jit(jax.grad(loss, has_aux=True))
    state, found = cell.initial_state(params, (B,)), jax.tree.map(jnp.zeros_like, params)
    for t in range(T):
        part, state = step(params, state, jax.tree.map(lambda x, t=t: x[t : t + 1], xs))
        found = jax.tree.map(jnp.add, found, part)

    def whole(engine, cell, xs):
        def loss(params):
            return jnp.sum(engine(cell, params, cell.initial_state(params, (B,)), xs)[1] ** 3)

        return jax.jit(jax.grad(loss))(params)

    assert distance(found, whole(rule, rule.learner(CELL, D), xs)) < 1e-12
    if isinstance(rule, RTRL) and rule.reach is None and not isinstance(rule, EProp):
        assert distance(found, whole(unroll.scan, CELL, xs)) < 1e-12


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_padding_moves_nothing_that_is_carried_and_a_reset_ends_it(rule):
    """To the bit, NaN in the padding or not; after a reset nothing of before is there."""
    carried = dataclasses.replace(rule, carry=True)
    cell = Learner(CELL, carried, D)
    params, xs = params_of(CELL), inputs(cell)
    start = cell.initial_state(params, (B,))

    @jax.jit
    def memory(order, mask, reset):
        x = jax.tree.map(lambda x: x[jnp.asarray(order)], xs)
        hidden = jnp.where(mask[:, None, None], x.x if hasattr(x, "noise") else x, jnp.nan)
        x = x._replace(x=hidden) if hasattr(x, "noise") else hidden
        return carried(cell, params, start, x, mask=mask, reset=reset)[0]

    def flags(*steps):
        return jnp.zeros(T, bool).at[jnp.asarray(steps, int)].set(True)

    # Steps 0, 1, 2 and padding after them, or around them.
    after = memory(np.array([0, 1, 2, 3, 4, 5]), flags(0, 1, 2), flags())
    around = memory(np.array([5, 0, 4, 1, 2, 3]), flags(1, 3, 4), flags())
    assert bits(after) == bits(around)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(after) if x.dtype.kind == "f")
    # The same after others and a reset; a reset in the padding is none.
    ended = memory(np.array([5, 4, 3, 0, 1, 2]), flags(0, 1, 3, 4, 5), flags(2, 3))
    assert bits(ended) == bits(memory(np.array([5, 4, 3, 0, 1, 2]), flags(3, 4, 5), flags(3)))
    assert distance(jax.tree.leaves(ended.state), jax.tree.leaves(after.state)) < 1e-5
    not_ended = memory(np.array([5, 4, 3, 0, 1, 2]), flags(0, 1, 3, 4, 5), flags(2))
    assert bits(not_ended.memory) != bits(ended.memory)


ALL_RULES = [RTRL(), TBPTT(window=2), *map(full, (UORO(), ForwardGradient(2), SnAp(1), EProp()))]


@pytest.mark.parametrize("rule", ALL_RULES, ids=name)
def test_values_are_those_of_scan_and_a_gradient_doubles_with_its_loss(rule):
    cell = rule.learner(CELL, D)
    params, xs = params_of(CELL), inputs(cell)
    state = CELL.initial_state(params, (B,))

    @jax.jit
    def run(scale):
        def loss(params):
            made = rule(cell, params, state, xs)
            return scale * jnp.sum(made[1] ** 3), made

        return jax.grad(loss, has_aux=True)(params)

    (once, made), (twice, _) = run(1.0), run(2.0)
    assert bits(jax.tree.map(lambda x: 2 * x, once)) == bits(twice)
    plain = xs.x if rule.needs_noise else xs
    wanted = unroll.scan(CELL, params, state, plain)
    for x, y in zip(jax.tree.leaves(made), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-7)


def test_a_learner_is_its_cell_on_other_engines():
    cell = Learner(CELL, RTRL(carry=True), D)
    params = params_of(CELL)
    state, ys = unroll.scan(cell, params, cell.initial_state(params, (B,)), inputs(cell))
    after, wanted = unroll.scan(CELL, params, CELL.initial_state(params, (B,)), inputs(CELL))
    assert bits((state.state, ys)) == bits((after, wanted))
    assert not any(np.asarray(x).any() for x in jax.tree.leaves(state.memory))
