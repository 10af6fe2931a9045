"""What is true of the cells of a contract. A law takes a cell's results."""

import inspect

from rnnjax.cells import AssociativeCell, Cell, LinearCell, SplitCell
from rnnjax.testing.cell_results import CellResults
from rnnjax.testing.draws import assert_close


def projects_a_whole_sequence_at_once(results: CellResults) -> None:
    """`project` of inputs `[T, B, D]` is that of each step."""
    assert_close(*results.parts["hoisted"])


def steps_as_its_parts_do(results: CellResults) -> None:
    """A step is `combine` of `project` and of `recur` of what `attend` returns."""
    assert_close(*results.parts["parted"])


def attends_to_all_of_the_state_without_noise(results: CellResults) -> None:
    """`attend` is the identity where the input brings no noise."""
    assert_close(*results.parts["attending"], rtol=0, atol=0)


def recurs_over_a_whole_sequence_at_once(results: CellResults) -> None:
    """`recur` takes the parameters and states with any axes leading, and nothing else."""
    recur = getattr(results.cell, "recur")  # noqa: B009 (of a `SplitCell`, which this is)
    taken = list(inspect.signature(recur).parameters)
    assert taken == ["params", "state"], f"recur takes {taken}"
    assert_close(*results.parts["recurring"])


def combines_with_vectors_alone(results: CellResults) -> None:
    """`combine` reads no matrix of the parameters."""
    assert_close(*results.parts["blind"])


SPLIT_CELL_LAWS = (
    projects_a_whole_sequence_at_once,
    steps_as_its_parts_do,
    attends_to_all_of_the_state_without_noise,
    recurs_over_a_whole_sequence_at_once,
    combines_with_vectors_alone,
)


def makes_the_elements_of_a_whole_sequence_at_once(results: CellResults) -> None:
    """`element` of inputs `[T, B, D]` is that of each step."""
    assert_close(*results.parts["elements"])


def steps_by_its_elements(results: CellResults) -> None:
    """A step is `apply` and then `readout`."""
    assert_close(*results.parts["parted"])


def composes_elements_in_any_order(results: CellResults) -> None:
    """`compose(compose(a, b), c)` equals `compose(a, compose(b, c))`."""
    assert_close(*results.parts["grouped"])


def applies_a_composition_as_one_after_the_other(results: CellResults) -> None:
    """`apply(compose(a, b), s)` equals `apply(b, apply(a, s))`, and so for all steps."""
    assert_close(*results.parts["applied"])
    assert_close(*results.parts["whole"])


def reads_out_a_whole_sequence_at_once(results: CellResults) -> None:
    """`readout` of states and inputs `[T, B, ...]` is that of each step."""
    assert_close(*results.parts["reading"])


ASSOCIATIVE_CELL_LAWS = (
    makes_the_elements_of_a_whole_sequence_at_once,
    steps_by_its_elements,
    composes_elements_in_any_order,
    applies_a_composition_as_one_after_the_other,
    reads_out_a_whole_sequence_at_once,
)


def has_coefficients_of_the_shape_of_its_state(results: CellResults) -> None:
    """Decay and drive have the shape and dtype of `h`."""
    (elements, _), (_, state) = results.parts["elements"], results.parts["whole"]
    for name, made in zip(("decay", "drive"), elements, strict=True):
        of_a_step = f"{made.dtype}{made.shape[1:]}"
        wanted = f"{state.h.dtype}{state.h.shape}"
        assert of_a_step == wanted, f"the {name} is {of_a_step}, h is {wanted}"


LINEAR_CELL_LAWS = (has_coefficients_of_the_shape_of_its_state,)


def laws_of(cell: Cell) -> tuple:
    """Returns the laws of the contracts that a cell keeps."""
    laws = SPLIT_CELL_LAWS if isinstance(cell, SplitCell) else ()
    laws += ASSOCIATIVE_CELL_LAWS if isinstance(cell, AssociativeCell) else ()
    return laws + (LINEAR_CELL_LAWS if isinstance(cell, LinearCell) else ())
