"""Engines that are broken on purpose, each in one way."""

import functools
import itertools

import jax
import jax.numpy as jnp

from rnnjax import unroll
from rnnjax.cells.noise import Noised
from rnnjax.unroll.masks import masked_step

_calls = itertools.count()


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


def multiplies_what_a_reset_forgets(cell, params, state, xs, *, mask=None, reset=None):
    def step(state, inputs):
        x_t, reset_t = inputs
        state = jax.tree.map(lambda leaf: leaf * (1 - reset_t[..., None]), state)
        return cell.step(params, state, x_t)

    return jax.lax.scan(step, state, (xs, reset))


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
    if mask is not None and mask.ndim == 1:
        mask = jnp.broadcast_to(mask[: xs.shape[1]], xs.shape[:-1])
    return unroll.scan(cell, params, state, xs, mask=mask, reset=reset)


def checks_nothing(cell, params, state, xs, *, mask=None, reset=None):
    return jax.lax.scan(lambda state, x_t: cell.step(params, state, x_t), state, xs)


def rounds_whole_numbers(cell, params, state, xs, *, mask=None, reset=None):
    """Takes True for 0."""
    xs = ~xs if xs.dtype == bool else xs
    return unroll.scan(cell, params, state, xs, mask=mask, reset=reset)


def leaves_precision_to_autodiff(cell, params, state, xs, *, mask=None, reset=None):
    """Adds the gradients of all steps in the numbers of the parameters."""
    return jax.lax.scan(functools.partial(cell.step, params), state, xs)


def hides_inputs_and_not_their_noise(cell, params, state, xs, *, mask=None, reset=None):
    """What noise holds at masked steps comes through the gradient."""
    x, noise = xs
    xs = Noised(jnp.where(mask[..., None], x, 0), noise)
    return selects_the_result_alone(cell, params, state, xs, mask=mask)


def has_one_derivative(cell, params, state, xs, *, mask=None, reset=None):
    """In reverse mode."""

    @jax.custom_vjp
    def run(params, state, xs, mask, reset):
        return unroll.scan(cell, params, state, xs, mask=mask, reset=reset)

    def backward(pull, cotangents):
        return *pull(cotangents), None, None

    def forward(params, state, xs, mask, reset):
        return jax.vjp(
            lambda *given: unroll.scan(cell, *given, mask=mask, reset=reset), params, state, xs
        )

    run.defvjp(forward, backward)
    return run(params, state, xs, mask, reset)
