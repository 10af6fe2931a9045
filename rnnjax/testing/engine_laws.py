"""What is true of every engine with every cell it serves, measured against a loop by hand.

A law takes the results of an engine with a cell and raises AssertionError where it fails.
"""

import jax
import numpy as np

from rnnjax.testing.draws import assert_close, assert_identical, gradient_of_weigh
from rnnjax.testing.engine_results import (
    BETWEEN,
    KEPT,
    MASK,
    MODES,
    NOW,
    RESET,
    EngineResults,
)


def agrees_with_the_loop(results: EngineResults) -> None:
    """Values and gradients, with masks and resets and without."""
    for name in MODES:
        try:
            assert_close(results.of(name), _single(results.expected(name)))
        except AssertionError as error:
            raise AssertionError(f"where the run is {name}: {error}") from None


def lets_nothing_out_of_masked_inputs(results: EngineResults) -> None:
    """What inputs and noise hold there, NaN included, changes no bit."""
    for zeros, poison in (("zeros", "poison"), ("zeros and reset", "poison and reset")):
        assert_identical(results.of(poison), results.of(zeros))
        assert (results.of(poison).by_x[~MASK] == 0).all(), "a masked input has a gradient"


def runs_as_if_masked_steps_were_deleted(results: EngineResults) -> None:
    """The steps that are left give what they give alone."""
    made, short = results.of("deleted"), _single(results.expected("deleted"))
    kept = jax.tree.map(lambda y: y[KEPT], made.ys)
    assert_close((made.state, kept), (short.state, short.ys))


def carries_the_state_through_masked_steps(results: EngineResults) -> None:
    """Nothing happens at all: not a bit of the state changes, and parameters do not matter."""
    state, made = results.case("nothing").state, results.of("nothing")
    assert_identical(made.state, jax.tree.map(np.asarray, state))
    assert_close(made.by_state, gradient_of_weigh(state), rtol=0, atol=0)
    for zeros in jax.tree.leaves((made.ys, made.by_params, made.by_x)):
        assert (zeros == 0).all(), f"not zero: {zeros}"


def ignores_resets_of_masked_steps(results: EngineResults) -> None:
    """Where there is no step there is nothing to reset."""
    assert (RESET & ~MASK).any()
    assert_identical(results.of("masked and reset"), results.of("reset within"))


def lets_nothing_through_a_reset(results: EngineResults) -> None:
    """A NaN before it, in inputs or the first state, changes no value or gradient after it."""
    parted, whole = (
        (made.state, made.by_state, jax.tree.map(lambda y: y[~BETWEEN], (made.ys, made.by_x)))
        for made in map(results.of, ("between resets", "reset"))
    )
    assert_close(parted, whole)


def sees_the_past_and_the_present_alone(results: EngineResults) -> None:
    """Inputs from some step on change no bit of an output before it, and each from it on."""
    ys, changed = (jax.tree.leaves(results.of(name).ys) for name in ("plain", "changed"))
    assert_identical([y[:NOW] for y in ys], [y[:NOW] for y in changed])
    differs = [(a != b).any(axis=tuple(range(1, a.ndim))) for a, b in zip(ys, changed, strict=True)]
    assert np.any(differs, axis=0)[NOW:].all(), "an output does not depend on its input"


ENGINE_LAWS = (
    agrees_with_the_loop,
    lets_nothing_out_of_masked_inputs,
    runs_as_if_masked_steps_were_deleted,
    carries_the_state_through_masked_steps,
    ignores_resets_of_masked_steps,
    lets_nothing_through_a_reset,
    sees_the_past_and_the_present_alone,
)


def _single(tree):
    """Returns the loop's results, whose gradients were added in double precision, as engines'."""
    narrow = {np.dtype(np.float64): np.float32, np.dtype(np.complex128): np.complex64}
    return jax.tree.map(lambda x: x.astype(narrow.get(x.dtype, x.dtype)), tree)
