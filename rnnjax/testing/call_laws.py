"""What is true of an engine however it is called: lengths, flags, numbers, members.

A law takes the results of an engine with a cell and raises AssertionError where it fails. Each has
a program of its own, so they cost more than those of `engine_laws`.
"""

import functools

import jax
import numpy as np

from rnnjax import unroll
from rnnjax.testing.draws import assert_close, assert_identical, gradient_of_weigh
from rnnjax.testing.engine_results import LONG, MEMBERS, EngineResults
from rnnjax.testing.oracle import loop
from rnnjax.unroll import Engine


def is_another_program_than_scan(results: EngineResults) -> None:
    """Without this the other laws might compare a thing with itself."""
    run = results.case()

    def program(engine: Engine) -> str:
        return str(jax.make_jaxpr(functools.partial(engine, results.cell))(*run[:3]))

    if results.engine != unroll.scan:
        assert program(results.engine) != program(unroll.scan), "it runs what scan runs"


def runs_one_step_and_none(results: EngineResults) -> None:
    """Sequences of one step, and of none, whose gradients are zeros."""
    one, none = results.shortest
    run = results.case()
    first = jax.tree.map(lambda leaf: np.asarray(leaf)[:1], (run.x, run.noise))
    expected = loop(results.cell, run._replace(x=first[0], noise=first[1], mask=None, reset=None))
    assert_close(one, (expected.state, expected.ys))
    assert_identical(none.state, run.state)
    assert_close(none.by_state, gradient_of_weigh(run.state), rtol=0, atol=0)
    for leaf, wanted in zip(
        jax.tree.leaves((none.ys, none.by_x)), jax.tree.leaves((expected.ys, run.x)), strict=True
    ):
        assert leaf.shape == (0, *wanted.shape[1:]), f"of no steps came {leaf.shape}"
    for leaf in jax.tree.leaves(none.by_params):
        assert (np.asarray(leaf) == 0).all(), f"not zero: {leaf}"


def runs_members_as_it_runs_each(results: EngineResults) -> None:
    """`jax.vmap` over parameters."""
    for i, name in enumerate(MEMBERS):
        alone = results.of(name)
        member = jax.tree.map(lambda leaf, i=i: leaf[i], results.members)
        assert_close(tuple(member), (alone.state, alone.ys))


def takes_a_missing_flag_for_a_trivial_one(results: EngineResults) -> None:
    """No mask is one that is True throughout, no reset one that is False."""
    assert_close(results.without_flags["plain"], results.of("plain"))


def repeats_flags_along_missing_batch_axes(results: EngineResults) -> None:
    """A mask `[T]` is that of every sequence, a reset too; here the other flag is missing."""
    for name in ("mask repeated", "reset repeated"):
        assert_close(results.without_flags[name], results.of(name))


def takes_whole_numbers_for_what_they_are(results: EngineResults) -> None:
    """Integers and booleans as inputs give what equal floats give, gradients included."""
    for made in results.of_whole_numbers:
        assert_close(made._replace(by_x=None), results.of("ones")._replace(by_x=None))


def adds_gradients_of_half_precision_in_single(results: EngineResults) -> None:
    """Over 500 steps the gradient by bfloat16 parameters is 3 % off at most, or is refused."""
    try:
        made = results.long_in_half_precision
    except TypeError as refusal:
        if "bfloat16" not in str(refusal):
            raise
        return
    half, full = (
        np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)]) for tree in made
    )
    error = np.linalg.norm(half - full) / np.linalg.norm(full)
    assert error < 0.03, f"it is {100 * error:.1f} % off after {LONG} steps"


CALL_LAWS = (
    is_another_program_than_scan,
    runs_one_step_and_none,
    runs_members_as_it_runs_each,
)
# Little of these depends on the cell: they are asked of each engine once a contract.
ONCE_LAWS = (
    takes_a_missing_flag_for_a_trivial_one,
    repeats_flags_along_missing_batch_axes,
    takes_whole_numbers_for_what_they_are,
    adds_gradients_of_half_precision_in_single,
)
