"""What is true of every engine with every cell it serves, measured against a plain Python loop.

A law takes an engine and a cell and raises AssertionError where it fails.
"""

import functools
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LSTM, Cell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll import Engine
from tests.laws.draws import (
    B,
    D,
    T,
    assert_close,
    assert_identical,
    normal,
    params_of,
    state_of,
    weigh,
)

XS = normal(1, (T, B, D))
# A row that starts late, one with a gap, one that ends early.
MASK = np.array([[0, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [1, 0, 1], [1, 1, 0], [1, 1, 0]], bool)
# Resets at a first step, at steps in between, at a last one; some of them at masked steps.
RESET = np.array(
    [[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]], bool
)
ALWAYS, NEVER = np.ones((T, B), bool), np.zeros((T, B), bool)
# Trivial flags stand for missing ones, so that one compiled program serves all four.
MODES = ((ALWAYS, NEVER), (MASK, NEVER), (ALWAYS, RESET), (MASK, RESET))

_step = jax.jit(lambda cell, *arguments: cell.step(*arguments))


def loop(
    cell: Cell,
    params: Params,
    state: State,
    xs: Array,
    *,
    mask: np.ndarray | None = None,
    reset: np.ndarray | None = None,
) -> tuple[State, Array]:
    """Runs each row by itself, one step after another, with ifs: the oracle."""
    steps, rows = xs.shape[:2]
    states = [jax.tree.map(lambda leaf, row=row: leaf[row], state) for row in range(rows)]
    ys = [[jnp.zeros(cell.output_dim) for _ in range(rows)] for _ in range(steps)]
    for t in range(steps):
        for row in range(rows):
            if mask is not None and not mask[t, row]:
                continue
            if reset is not None and reset[t, row]:
                states[row] = cell.initial_state(params)
            states[row], ys[t][row] = _step(cell, params, states[row], xs[t, row])
    final = jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)
    return final, jnp.stack([jnp.stack(y_t) for y_t in ys])


def results(engine: Engine, cell: Cell, params, state, xs, mask, reset) -> tuple:
    """Returns the gradients by params, state and xs, and the final state and the outputs."""

    def total(params: Params, state: State, xs: Array) -> tuple:
        result = engine(cell, params, state, xs, mask=mask, reset=reset)
        return weigh(result), result

    return jax.grad(total, (0, 1, 2), has_aux=True)(params, state, xs)


compiled_results = jax.jit(results, static_argnums=0)


@functools.partial(jax.jit, static_argnums=0)
def outcome(engine: Engine, cell: Cell, params, state, xs, mask=None, reset=None) -> tuple:
    return engine(cell, params, state, xs, mask=mask, reset=reset)


@functools.cache
def expected_results(cell: Cell, mode: int) -> tuple:
    return results(loop, cell, params_of(cell), state_of(cell, (B,)), jnp.asarray(XS), *MODES[mode])


def actual_results(engine: Engine, cell: Cell, xs=XS, mask=ALWAYS, reset=NEVER, seed=0) -> tuple:
    return compiled_results(
        engine, cell, params_of(cell, seed), state_of(cell, (B,)), xs, mask, reset
    )


def is_another_program_than_the_loop(engine: Engine, cell: Cell) -> None:
    """Without this the other laws might compare a thing with itself."""

    def program(engine: Engine) -> str:
        arguments = params_of(cell), state_of(cell, (B,)), XS
        return str(jax.make_jaxpr(functools.partial(engine, cell))(*arguments))

    others = [loop] if engine is unroll.scan else [loop, unroll.scan]
    for other in others:
        assert program(engine) != program(other)


def agrees_with_the_loop(engine: Engine, cell: Cell) -> None:
    for mode, (mask, reset) in enumerate(MODES):
        actual = actual_results(engine, cell, XS, mask, reset)
        assert_close(actual, expected_results(cell, mode))


def lets_nothing_out_of_masked_inputs(engine: Engine, cell: Cell) -> None:
    for reset in (NEVER, RESET):
        zeros, poison = (np.where(MASK[..., None], XS, x).astype(XS.dtype) for x in (0, np.nan))
        actual = actual_results(engine, cell, poison, MASK, reset)
        assert_identical(actual, actual_results(engine, cell, zeros, MASK, reset))
        assert (np.asarray(actual[0][2])[~MASK] == 0).all()


def runs_as_if_masked_steps_were_deleted(engine: Engine, cell: Cell) -> None:
    kept = np.array([1, 2, 4, 5])
    mask = np.zeros((T, B), bool)
    mask[kept] = True
    _, (final, ys) = actual_results(engine, cell, mask=mask)
    short = outcome(engine, cell, params_of(cell), state_of(cell, (B,)), XS[kept])
    assert_close((final, ys[kept]), short)


def carries_the_state_through_masked_steps(engine: Engine, cell: Cell) -> None:
    """Nothing happens at all: not a bit of the state changes, and the parameters do not matter."""
    state = state_of(cell, (B,))
    (by_params, by_state, by_xs), (final, ys) = actual_results(engine, cell, mask=NEVER)
    assert_identical(final, state)
    assert_close(by_state, jax.grad(weigh)(state), rtol=0, atol=0)
    for zeros in jax.tree.leaves((ys, by_params, by_xs)):
        assert (np.asarray(zeros) == 0).all()


def ignores_resets_of_masked_steps(engine: Engine, cell: Cell) -> None:
    everywhere, within = (
        actual_results(engine, cell, mask=MASK, reset=reset) for reset in (RESET, RESET & MASK)
    )
    assert (RESET & ~MASK).any()
    assert_identical(everywhere, within)


def runs_one_step_and_none(engine: Engine, cell: Cell) -> None:
    arguments = params_of(cell), state_of(cell, (B,))
    final, ys = outcome(engine, cell, *arguments, XS[:1])
    after, y_t = _step(cell, *arguments, XS[0])
    assert_close((final, ys), (after, y_t[None]))
    gradients, (final, ys) = compiled_results(
        engine, cell, *arguments, XS[:0], ALWAYS[:0], NEVER[:0]
    )
    assert_identical(final, arguments[1])
    assert ys.shape == (0, B, cell.output_dim)
    by_params, by_state, by_xs = gradients
    assert_close(by_params, jax.tree.map(jnp.zeros_like, arguments[0]), 0, 0)
    assert_identical(by_state, jax.grad(weigh)(arguments[1]))
    assert by_xs.shape == (0, B, D)


def runs_members_as_it_runs_each(engine: Engine, cell: Cell) -> None:
    seeds = (0, 1, 2)
    members = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[params_of(cell, s) for s in seeds])
    arguments = state_of(cell, (B,)), XS, MASK, RESET
    together = jax.vmap(functools.partial(outcome, engine, cell), (0, *4 * [None]))(
        members, *arguments
    )
    for i, seed in enumerate(seeds):
        _, alone = actual_results(engine, cell, XS, MASK, RESET, seed)
        assert_close(jax.tree.map(lambda leaf, i=i: leaf[i], together), alone)


def sees_the_past_and_the_present_alone(engine: Engine, cell: Cell) -> None:
    now = 4
    _, (_, ys) = actual_results(engine, cell)
    _, (_, changed) = actual_results(
        engine, cell, np.where(np.arange(T)[:, None, None] < now, XS, -XS)
    )
    assert_identical(ys[:now], changed[:now])
    assert (ys[now:] != changed[now:]).any(axis=(1, 2)).all()


def takes_a_missing_flag_for_a_trivial_one(engine: Engine, cell: Cell) -> None:
    for mask, reset in ((None, None), (MASK, None), (None, RESET)):
        full = ALWAYS if mask is None else mask, NEVER if reset is None else reset
        actual = actual_results(engine, cell, XS, mask, reset)
        assert_close(actual, actual_results(engine, cell, XS, *full))


def repeats_a_mask_along_missing_batch_axes(engine: Engine, cell: Cell) -> None:
    arguments = params_of(cell), state_of(cell, (B,)), XS
    mask, reset = MASK[:, 0], RESET[:, 0]
    full = [np.repeat(flag[:, None], B, axis=1) for flag in (mask, reset)]
    _, expected = actual_results(engine, cell, XS, *full)
    assert_close(outcome(engine, cell, *arguments, mask, reset), expected)


def refuses_masks_that_do_not_fit(engine: Engine, cell: Cell) -> None:
    run = functools.partial(engine, cell, params_of(cell), state_of(cell, (B,)), jnp.asarray(XS))
    wrong = jnp.ones((T, B + 1), bool)
    for flag in ("mask", "reset"):
        with pytest.raises(ValueError, match=rf"{flag} \({T}, {B + 1}\).* \({T}, {B}, {D}\)"):
            run(**{flag: wrong})
        with pytest.raises(TypeError, match=f"{flag} must be boolean"):
            run(**{flag: jnp.ones((T, B))})
        with pytest.raises(TypeError, match=f"{flag} must be an array; got list"):
            run(**{flag: [True] * T})
    with pytest.raises(ValueError, match="time first and features last"):
        engine(cell, params_of(cell), state_of(cell), jnp.ones(T))


def refuses_cells_it_does_not_serve(engine: Engine, cell: Cell, contract: Any) -> None:
    with pytest.raises(TypeError) as refusal:
        engine(cell, params_of(cell), state_of(cell, (B,)), jnp.asarray(XS))
    for kind in get_args(contract) or (contract,):  # all that a union is of
        assert kind.__name__ in str(refusal.value)


def remembers_less_than_scan(engine: Engine, factor: float) -> None:
    cell, steps = LSTM(8), 1024
    params = cell.init(jax.random.key(0), D)
    state = cell.initial_state(params, (4,))

    def temporaries(engine: Engine) -> int:
        def total(params: Params, state: State, xs: Array) -> Array:
            return weigh(engine(cell, params, state, xs)[0])

        compiled = jax.jit(jax.grad(total)).lower(params, state, np.ones((steps, 4, D))).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert factor * temporaries(engine) <= temporaries(unroll.scan)


ENGINE_LAWS = (
    is_another_program_than_the_loop,
    agrees_with_the_loop,
    lets_nothing_out_of_masked_inputs,
    runs_as_if_masked_steps_were_deleted,
    carries_the_state_through_masked_steps,
    ignores_resets_of_masked_steps,
    runs_one_step_and_none,
    runs_members_as_it_runs_each,
    sees_the_past_and_the_present_alone,
)
# What depends on no cell is asked of each engine once.
FLAG_LAWS = (
    takes_a_missing_flag_for_a_trivial_one,
    repeats_a_mask_along_missing_batch_axes,
    refuses_masks_that_do_not_fit,
)
