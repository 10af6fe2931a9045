"""Each law fails on a cell or an engine that was broken on purpose."""

import itertools

import jax
import jax.numpy as jnp
import pytest

from rnnjax import unroll
from rnnjax.cells import LSTM, Elman, LinearCell, MinGRU
from rnnjax.cells.plain.elman import ElmanState
from rnnjax.unroll.base import masked_step
from tests.catalogue import name
from tests.laws import cell_laws, engine_laws
from tests.laws.cell_laws import CELL_LAWS, LINEAR_CELL_LAWS, SPLIT_CELL_LAWS
from tests.laws.engine_laws import ENGINE_LAWS, FLAG_LAWS

_calls = itertools.count()


class Forgetful(Elman):
    """Its first state has no batch axes."""

    def initial_state(self, params, batch_shape=()):
        return super().initial_state(params)


class Widening(Elman):
    """Its state is of another dtype after a step."""

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v).astype(jnp.float32)
        return ElmanState(h), h


class Normalizing(Elman):
    """Its rows see each other."""

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v - (u + v).mean(axis=0, keepdims=True))
        return ElmanState(h), h


class Counting(Elman):
    """Its step is no function of its arguments."""

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v) / (1 + next(_calls))
        return ElmanState(h), h


class Individual(Elman):
    """Equal to itself alone."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Detached(Elman):
    """Its state passes no gradient."""

    def recur(self, params, state):
        return jax.lax.stop_gradient(state.h) @ params.w_h


class Late(Elman):
    """Its output is the state before the step."""

    def combine(self, params, state, u, v):
        return super().combine(params, state, u, v)[0], state.h


class Exploding(Elman):
    """Overflows at an input of 1e4."""

    def combine(self, params, state, u, v):
        h = jnp.exp(u) / (1 + jnp.exp(u)) + v
        return ElmanState(h), h


class Taciturn(Elman):
    """Prints as a cell that it is not."""

    def __repr__(self):
        return "Elman(hidden=30)"


class Shapeshifting(Elman):
    """Lets its fields be assigned."""


Shapeshifting.__setattr__ = object.__setattr__  # a class that is born with its own is refused


class Centring(Elman):
    """Its projection of a sequence is not that of the sequence's steps."""

    def project(self, params, x):
        u = super().project(params, x)
        return u - u.mean(axis=0, keepdims=True) if u.ndim == 3 else u


class Mixing(Elman):
    """Its recurrent map looks along a leading axis."""

    def recur(self, params, state):
        return jnp.cumsum(super().recur(params, state), axis=0)


class Greedy(Elman):
    """Multiplies by its matrix where only vectors belong."""

    def recur(self, params, state):
        return state.h

    def combine(self, params, state, u, v):
        return super().combine(params, state, u, v @ params.w_h)


class Bent(MinGRU):
    """Says that it is linear in its state, and steps otherwise."""

    def step(self, params, state, x_t):
        state, y_t = super().step(params, state, x_t)
        return state._replace(h=jnp.tanh(state.h)), y_t


class Delayed(MinGRU):
    """Its readout of a sequence is not that of the sequence's steps."""

    def readout(self, params, h, x):
        return jnp.roll(h, 1, axis=0) if h.ndim == 3 else h


BROKEN_CELLS = [
    (cell_laws.keeps_the_shape_of_its_state, Forgetful(3)),
    (cell_laws.treats_rows_alike_however_they_are_batched, Normalizing(3)),
    (cell_laws.is_traced_once_and_steps_as_it_does_eagerly, Counting(3)),
    (cell_laws.is_traced_once_and_steps_as_it_does_eagerly, Individual(3)),
    (cell_laws.has_the_gradients_of_finite_differences, Detached(3)),
    (cell_laws.sees_the_past_and_the_present_alone, Late(3)),
    (cell_laws.is_finite_at_large_inputs, Exploding(3)),
    (cell_laws.runs_in_half_precision, Widening(3)),
    (cell_laws.prints_as_the_call_that_makes_it, Taciturn(3)),
    (cell_laws.is_a_frozen_constant, Shapeshifting(3)),
    (cell_laws.projects_a_whole_sequence_at_once, Centring(3)),
    (cell_laws.recurs_over_a_whole_sequence_at_once, Mixing(3)),
    (cell_laws.combines_with_vectors_alone, Greedy(3)),
    (cell_laws.composes_steps_in_any_order, Bent(3)),
    (cell_laws.reads_out_a_whole_sequence_at_once, Delayed(3)),
]


def ignores_the_mask(cell, params, state, xs, *, mask=None, reset=None):
    return unroll.scan(cell, params, state, xs, reset=reset)


def ignores_the_reset(cell, params, state, xs, *, mask=None, reset=None):
    return unroll.scan(cell, params, state, xs, mask=mask)


def truncates_the_gradient(cell, params, state, xs, *, mask=None, reset=None):
    state = jax.lax.stop_gradient(state)
    return unroll.scan(cell, params, state, xs, mask=mask, reset=reset)


def starts_a_second_chunk_afresh(cell, params, state, xs, *, mask=None, reset=None):
    _, first = unroll.scan(cell, params, state, xs[:4], mask=mask[:4], reset=reset[:4])
    final, rest = unroll.scan(cell, params, state, xs[4:], mask=mask[4:], reset=reset[4:])
    return final, jnp.concatenate([first, rest])


def truncates_the_gradient_between_chunks(cell, params, state, xs, *, mask=None, reset=None):
    state, first = unroll.scan(cell, params, state, xs[:4], mask=mask[:4], reset=reset[:4])
    state = jax.lax.stop_gradient(state)
    final, rest = unroll.scan(cell, params, state, xs[4:], mask=mask[4:], reset=reset[4:])
    return final, jnp.concatenate([first, rest])


def selects_the_result_alone(cell, params, state, xs, *, mask=None, reset=None):
    """Without zeros at masked inputs: their NaN comes back through the gradient."""

    def step(state, inputs):
        x_t, mask_t = inputs
        after, y_t = cell.step(params, state, x_t)
        after = jax.tree.map(lambda a, b: jnp.where(mask_t[..., None], a, b), after, state)
        return after, jnp.where(mask_t[..., None], y_t, 0)

    return jax.lax.scan(step, state, (xs, mask))


def steps_on_masked_zeros(cell, params, state, xs, *, mask=None, reset=None):
    """A masked step is a step on a zero input."""
    xs = xs if mask is None else jnp.where(mask[..., None], xs, 0)
    return unroll.scan(cell, params, state, xs)


def resets_before_it_masks(cell, params, state, xs, *, mask=None, reset=None):
    def step(state, inputs):
        x_t, mask_t, reset_t = inputs
        initial = cell.initial_state(params, x_t.shape[:-1])
        state = jax.tree.map(lambda a, b: jnp.where(reset_t[..., None], a, b), initial, state)
        return masked_step(cell, params, state, x_t, mask_t, None)

    return jax.lax.scan(step, state, (xs, mask, reset))


def drops_an_odd_step(cell, params, state, xs, *, mask=None, reset=None):
    return unroll.scan(cell, params, state, xs[: len(xs) // 2 * 2], mask=mask, reset=reset)


def counts_its_calls(cell, params, state, xs, *, mask=None, reset=None):
    final, ys = unroll.scan(cell, params, state, xs, mask=mask, reset=reset)
    return final, ys * (1 + next(_calls))


def runs_backwards(cell, params, state, xs, *, mask=None, reset=None):
    final, ys = unroll.scan(cell, params, state, xs[::-1])
    return final, ys[::-1]


def takes_a_missing_mask_for_none_of_the_steps(cell, params, state, xs, *, mask=None, reset=None):
    mask = jnp.zeros(xs.shape[:-1], bool) if mask is None else mask
    return unroll.scan(cell, params, state, xs, mask=mask, reset=reset)


def aligns_masks_with_the_last_batch_axis(cell, params, state, xs, *, mask=None, reset=None):
    mask = jnp.broadcast_to(mask[: xs.shape[1]], xs.shape[:-1]) if mask.ndim == 1 else mask
    return unroll.scan(cell, params, state, xs, mask=mask, reset=reset)


def checks_nothing(cell, params, state, xs, *, mask=None, reset=None):
    return jax.lax.scan(lambda state, x_t: cell.step(params, state, x_t), state, xs)


BROKEN_ENGINES = [
    (engine_laws.is_another_program_than_the_loop, engine_laws.loop),
    (engine_laws.agrees_with_the_loop, ignores_the_mask),
    (engine_laws.agrees_with_the_loop, ignores_the_reset),
    (engine_laws.agrees_with_the_loop, truncates_the_gradient),
    (engine_laws.agrees_with_the_loop, starts_a_second_chunk_afresh),
    (engine_laws.agrees_with_the_loop, truncates_the_gradient_between_chunks),
    (engine_laws.lets_nothing_out_of_masked_inputs, selects_the_result_alone),
    (engine_laws.runs_as_if_masked_steps_were_deleted, steps_on_masked_zeros),
    (engine_laws.carries_the_state_through_masked_steps, steps_on_masked_zeros),
    (engine_laws.ignores_resets_of_masked_steps, resets_before_it_masks),
    (engine_laws.runs_one_step_and_none, drops_an_odd_step),
    (engine_laws.runs_members_as_it_runs_each, counts_its_calls),
    (engine_laws.sees_the_past_and_the_present_alone, runs_backwards),
    (
        engine_laws.takes_a_missing_flag_for_a_trivial_one,
        takes_a_missing_mask_for_none_of_the_steps,
    ),
    (
        engine_laws.repeats_a_mask_along_missing_batch_axes,
        aligns_masks_with_the_last_batch_axis,
    ),
    (engine_laws.refuses_masks_that_do_not_fit, checks_nothing),
]

# A law fails by an assertion of its own, or by a `pytest.raises` in which nothing was raised.
FAILS = pytest.raises((AssertionError, pytest.fail.Exception))


@pytest.mark.parametrize(("law", "cell"), BROKEN_CELLS, ids=name)
def test_a_broken_cell_breaks_the_law(law, cell):
    with FAILS:
        law(cell)


@pytest.mark.parametrize(("law", "engine"), BROKEN_ENGINES, ids=name)
def test_a_broken_engine_breaks_the_law(law, engine):
    with FAILS:
        law(engine, Elman(3))


def test_an_engine_that_runs_anything_breaks_the_law_of_refusal():
    with FAILS:
        engine_laws.refuses_cells_it_does_not_serve(checks_nothing, LSTM(3), LinearCell)


def test_an_engine_that_remembers_all_breaks_the_law_of_memory():
    with FAILS:
        engine_laws.remembers_less_than_scan(unroll.scan, factor=4)


def test_every_law_is_shown_to_bite():
    laws = CELL_LAWS + SPLIT_CELL_LAWS + LINEAR_CELL_LAWS + ENGINE_LAWS + FLAG_LAWS
    assert {law for law, _ in BROKEN_CELLS + BROKEN_ENGINES} == set(laws)
