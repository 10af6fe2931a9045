"""What is true of every cell. A law takes a cell's results and raises AssertionError."""

import copy
import dataclasses
import pickle
import sys
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import cells, compose
from rnnjax.cells import Cell
from rnnjax.testing.cell_results import WHOLE, CellResults
from rnnjax.testing.draws import (
    B,
    D,
    assert_close,
    assert_finite,
    halved,
    specs,
)
from rnnjax.typing import State, Static


def keeps_the_shape_of_its_state(results: CellResults) -> None:
    """A state `[*batch_shape, ...]` stays one, and an output is `[*batch_shape, K]`."""
    cell = results.cell
    for batch_shape in ((), (B,), (2, B)):
        state = _initial_state(cell, results.params, batch_shape)
        rows = jax.tree.leaves(_initial_state(cell, results.params, ()))
        for leaf, row in zip(jax.tree.leaves(state), rows, strict=True):
            wanted = (*batch_shape, *row.shape)
            assert leaf.shape == wanted, f"a leaf of the state is {leaf.shape}, not {wanted}"
        x_t = jax.ShapeDtypeStruct((*batch_shape, D), jnp.float32)
        after, y_t = jax.eval_shape(cell.step, results.params, state, x_t)
        _assert_alike(after, state)
        if isinstance(y_t, jax.ShapeDtypeStruct):
            _assert_alike(y_t, jax.ShapeDtypeStruct((*batch_shape, cell.output_dim), jnp.float32))
        for leaf in jax.tree.leaves(y_t):
            assert leaf.shape[: len(batch_shape)] == batch_shape, f"an output is {leaf.shape}"


def keeps_the_numbers_of_its_state(results: CellResults) -> None:
    """Each leaf of the state keeps its dtype: whatever the parameters are of, and the inputs."""
    cell, params = results.cell, results.params
    for own, kinds in ((params, (jnp.float32, *WHOLE)), (halved(params), (jnp.bfloat16, *WHOLE))):
        state = _initial_state(cell, own, (B,))
        for kind in kinds:
            after, y_t = jax.eval_shape(cell.step, own, state, jax.ShapeDtypeStruct((B, D), kind))
            _assert_alike(after, state)
            for leaf in jax.tree.leaves(y_t):
                wanted = jax.tree.leaves(own)[0].real.dtype
                real = np.zeros((), leaf.dtype).real.dtype
                if jnp.issubdtype(real, jnp.floating):
                    assert real == wanted, f"an output is of {real}, params of {wanted}"


def treats_rows_alike_however_they_are_batched(results: CellResults) -> None:
    """Batch axes are independent of each other, any number of them."""
    steps = results.steps
    assert_close(steps.mapped, steps.together)
    assert_close(steps.half, jax.tree.map(lambda leaf: leaf[1], steps.together))
    assert_close(steps.alone, jax.tree.map(lambda leaf: leaf[1, 2], steps.together))


def steps_alike_compiled_or_not(results: CellResults) -> None:
    """A step is a function of its arguments alone."""
    cell, (state, x) = results.cell, results.batch
    for _ in range(2):
        assert_close(cell.step(results.params, state, x), results.steps.half)


def shares_what_was_compiled_for_an_equal_one(results: CellResults) -> None:
    """A cell made again is found again by `jax.jit`."""
    traces = 0

    @jax.jit
    def count(cell: Cell) -> int:
        nonlocal traces
        traces += 1
        return 0

    count(results.cell)
    count(rebuilt(results.cell))
    assert traces == 1, f"an equal cell was traced {traces} times"


def has_the_gradients_of_finite_differences(results: CellResults) -> None:
    """Forward and reverse mode, by parameters, state and inputs."""
    differences, forward, reverse = results.differences
    np.testing.assert_allclose(forward, differences, 1e-4, 1e-6, err_msg="forward mode")
    np.testing.assert_allclose(reverse, differences, 1e-4, 1e-6, err_msg="reverse mode")


def sees_the_past_and_the_present_alone(results: CellResults) -> None:
    """No output depends on a later input, each does on its own and some on earlier ones."""
    influence = np.asarray(results.steps.influence)
    assert (influence[np.triu_indices(4, 1)] == 0).all(), f"of x_s on y_t, [t, s]:\n{influence}"
    assert (np.diagonal(influence) > 0).all(), f"of x_s on y_t, [t, s]:\n{influence}"
    assert (influence[np.tril_indices(4, -1)] > 0).any(), f"of x_s on y_t, [t, s]:\n{influence}"


def is_finite_at_large_inputs(results: CellResults) -> None:
    """Inputs of 1e4 overflow nothing, gradients included."""
    assert_finite(results.runs.large)


def runs_in_half_precision(results: CellResults) -> None:
    """Outputs are a tenth off those in single precision at most, gradients a fifth of all."""
    half, full = results.runs.half, results.runs.single
    assert_finite(half)
    for name, at, bound in (("the outputs are", 1, 0.1), ("the gradients are", 0, 0.2)):
        made, wanted = (
            np.concatenate([np.asarray(x, complex).ravel() for x in jax.tree.leaves(tree[at])])
            for tree in (half, full)
        )
        error = np.linalg.norm(made - wanted) / max(np.linalg.norm(wanted), 1e-9)
        assert error < bound, f"{name} {100 * error:.0f} % off"


def takes_whole_numbers_for_what_they_are(results: CellResults) -> None:
    """Integers and booleans as inputs give what equal floats give, gradients included."""
    for kind, made in zip(WHOLE, results.steps.from_whole, strict=True):
        try:
            assert_close(made, results.steps.from_numbers)
        except AssertionError as error:
            raise AssertionError(f"with inputs of {kind.dtype}: {error}") from None


def steps_alike_with_prepared_parameters(results: CellResults) -> None:
    """`step` takes parameters and what `prepare` makes of them."""
    assert_close(results.steps.prepared, results.steps.together)


def prints_as_the_call_that_makes_it(results: CellResults) -> None:
    """`eval(repr(cell)) == cell`."""
    cell, made = results.cell, rebuilt(results.cell)
    assert made == cell, f"{cell} reads as {made}"
    assert hash(made) == hash(cell), f"{cell} and {made} are equal and their hashes are not"


def is_equal_to_its_copies(results: CellResults) -> None:
    """Copies, deep ones and pickled ones are equal, and hash alike."""
    cell = results.cell
    copies = {"a copy": copy.copy(cell), "a deep copy": copy.deepcopy(cell)}
    if all(map(_is_found_by_its_name, map(type, _constants(cell)))):  # as pickles have it
        copies["a pickled copy"] = pickle.loads(pickle.dumps(cell))
    for name, made in copies.items():
        assert made == cell, f"{name} of {cell} is not equal to it"
        assert hash(made) == hash(cell), f"{name} of {cell} has another hash"


def is_a_frozen_constant(results: CellResults) -> None:
    """A pytree without leaves whose fields cannot be assigned."""
    assert jax.tree.leaves(results.cell) == []
    for field in dataclasses.fields(results.cell):  # pyright: ignore[reportArgumentType]
        try:
            setattr(results.cell, field.name, getattr(results.cell, field.name))
        except dataclasses.FrozenInstanceError:
            continue
        raise AssertionError(f"field {field.name} can be assigned")


STEP_LAWS = (
    keeps_the_shape_of_its_state,
    keeps_the_numbers_of_its_state,
    prints_as_the_call_that_makes_it,
    is_equal_to_its_copies,
    is_a_frozen_constant,
    shares_what_was_compiled_for_an_equal_one,
    treats_rows_alike_however_they_are_batched,
    steps_alike_compiled_or_not,
    steps_alike_with_prepared_parameters,
    sees_the_past_and_the_present_alone,
    takes_whole_numbers_for_what_they_are,
)
RUN_LAWS = (
    is_finite_at_large_inputs,
    runs_in_half_precision,
    has_the_gradients_of_finite_differences,
)
CELL_LAWS = (*STEP_LAWS, *RUN_LAWS)


def _is_found_by_its_name(kind: type) -> bool:
    found = sys.modules.get(kind.__module__)
    for part in kind.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is not None


def rebuilt(cell: Cell) -> Cell:
    """Makes an equal cell from its text."""
    names = {**vars(cells), **vars(compose)}
    for value in _constants(cell):
        names.setdefault(type(value).__name__, type(value))
        for field in dataclasses.fields(value):  # pyright: ignore[reportArgumentType]
            made = getattr(value, field.name)
            if callable(made) and not isinstance(made, Static):
                names.setdefault(getattr(made, "__name__", repr(made)), made)
    return eval(repr(cell), names)


def _constants(value: Any) -> Iterator[Static]:
    """Returns a cell and the constants in its fields, down to those that have none."""
    if isinstance(value, tuple):
        for part in value:
            yield from _constants(part)
    if isinstance(value, Static):
        yield value
        for field in dataclasses.fields(value):  # pyright: ignore[reportArgumentType]
            yield from _constants(getattr(value, field.name))


def _initial_state(cell: Cell, params: Any, batch_shape: tuple[int, ...]) -> State:
    return jax.eval_shape(lambda params: cell.initial_state(params, batch_shape), params)


def _assert_alike(actual: State, wanted: State) -> None:
    assert specs(actual) == specs(wanted), f"{specs(actual)} is not {specs(wanted)}"
