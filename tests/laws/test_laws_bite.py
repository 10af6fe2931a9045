"""Each law fails on a cell or an engine that was broken on purpose."""

import pytest

from rnnjax import unroll
from rnnjax.cells import LSTM, Elman, LinearCell
from rnnjax.testing import call_laws, cell_laws, check_cell, contract_laws, engine_laws, noise_laws
from rnnjax.testing.cell_results import CellResults
from rnnjax.testing.engine_results import EngineResults
from rnnjax.testing.transform_laws import TRANSFORMATIONS, check_transformation
from tests.catalogue import name
from tests.full import full
from tests.laws import broken_cells as bc
from tests.laws import broken_engines as be
from tests.laws import call_refusals

BROKEN_CELLS = [
    (cell_laws.keeps_the_shape_of_its_state, bc.Forgetful(3)),
    (cell_laws.keeps_the_numbers_of_its_state, bc.Widening(3)),
    (cell_laws.keeps_the_numbers_of_its_state, bc.Truncating(3)),
    (cell_laws.treats_rows_alike_however_they_are_batched, bc.Normalizing(3)),
    (cell_laws.steps_alike_compiled_or_not, bc.Counting(3)),
    (cell_laws.shares_what_was_compiled_for_an_equal_one, bc.Individual(3)),
    (cell_laws.steps_alike_with_prepared_parameters, bc.Doubling(3)),
    (cell_laws.has_the_gradients_of_finite_differences, bc.Detached(3)),
    (cell_laws.sees_the_past_and_the_present_alone, bc.Late(3)),
    (cell_laws.takes_whole_numbers_for_what_they_are, bc.Rigid(3)),
    (cell_laws.is_finite_at_large_inputs, bc.Exploding(3)),
    (cell_laws.runs_in_half_precision, bc.Vague(3)),
    (cell_laws.prints_as_the_call_that_makes_it, bc.Taciturn(3)),
    (cell_laws.is_equal_to_its_copies, bc.Solitary(3)),
    (cell_laws.is_a_frozen_constant, bc.Shapeshifting(3)),
    (contract_laws.projects_a_whole_sequence_at_once, bc.Centring(3)),
    (contract_laws.steps_as_its_parts_do, bc.Bypassing(3)),
    (contract_laws.attends_to_all_of_the_state_without_noise, bc.Absentminded(3)),
    (contract_laws.recurs_over_a_whole_sequence_at_once, bc.Mixing(3)),
    (contract_laws.combines_with_vectors_alone, bc.Greedy(3)),
    (contract_laws.makes_the_elements_of_a_whole_sequence_at_once, bc.Centred(3)),
    (contract_laws.steps_by_its_elements, bc.Bent(3)),
    (contract_laws.composes_elements_in_any_order, bc.Averaging()),
    (contract_laws.applies_a_composition_as_one_after_the_other, bc.Reversed()),
    (contract_laws.reads_out_a_whole_sequence_at_once, bc.Delayed(3)),
    (contract_laws.has_coefficients_of_the_shape_of_its_state, bc.Narrow(3)),
]
NOISY_CELLS = [
    (noise_laws.draws_its_noise_for_each_step, bc.Monotonous(3)),
    (noise_laws.steps_with_noise_and_without, bc.Mumbling(3)),
]
BROKEN_ENGINES = [
    (engine_laws.agrees_with_the_loop, be.ignores_the_mask),
    (engine_laws.agrees_with_the_loop, be.ignores_the_reset),
    (engine_laws.agrees_with_the_loop, be.truncates_the_gradient),
    (engine_laws.agrees_with_the_loop, be.starts_a_second_chunk_afresh),
    (engine_laws.agrees_with_the_loop, be.truncates_the_gradient_between_chunks),
    (engine_laws.lets_nothing_out_of_masked_inputs, be.selects_the_result_alone),
    (engine_laws.lets_nothing_through_a_reset, be.multiplies_what_a_reset_forgets),
    (engine_laws.runs_as_if_masked_steps_were_deleted, be.steps_on_masked_zeros),
    (engine_laws.carries_the_state_through_masked_steps, be.steps_on_masked_zeros),
    (engine_laws.ignores_resets_of_masked_steps, be.resets_before_it_masks),
    (engine_laws.sees_the_past_and_the_present_alone, be.runs_backwards),
    (call_laws.is_another_program_than_scan, unroll.Scan.__call__.__get__(unroll.scan)),
    (call_laws.runs_one_step_and_none, be.drops_an_odd_step),
    (call_laws.runs_members_as_it_runs_each, be.counts_its_calls),
    (
        call_laws.takes_a_missing_flag_for_a_trivial_one,
        be.takes_a_missing_mask_for_none_of_the_steps,
    ),
    (
        call_laws.repeats_flags_along_missing_batch_axes,
        be.aligns_masks_with_the_last_batch_axis,
    ),
    (call_laws.takes_whole_numbers_for_what_they_are, be.rounds_whole_numbers),
    (call_laws.adds_gradients_of_half_precision_in_single, be.leaves_precision_to_autodiff),
]


@pytest.mark.parametrize(("law", "cell"), BROKEN_CELLS, ids=name)
def test_a_broken_cell_breaks_the_law(law, cell):
    with pytest.raises(AssertionError):
        law(CellResults(cell))


@pytest.mark.parametrize(("law", "cell"), NOISY_CELLS, ids=name)
def test_a_cell_of_bad_noise_breaks_the_law(law, cell):
    with pytest.raises(AssertionError):
        law(cell)


@pytest.mark.parametrize(("law", "engine"), BROKEN_ENGINES, ids=name)
def test_a_broken_engine_breaks_the_law(law, engine):
    with pytest.raises(AssertionError):
        law(EngineResults(engine, Elman(3)))


def test_an_engine_that_lets_noise_out_of_masked_steps_breaks_the_law():
    law = engine_laws.lets_nothing_out_of_masked_inputs
    law(EngineResults(unroll.deferred, bc.Noisy(3), noised=True))
    with pytest.raises(AssertionError):
        law(EngineResults(be.hides_inputs_and_not_their_noise, bc.Noisy(3), noised=True))


def test_an_engine_without_the_noise_breaks_the_law_of_agreement():
    def forgets_the_noise(cell, params, state, xs, *, mask=None, reset=None):
        return unroll.scan(cell, params, state, xs.x, mask=mask, reset=reset)

    with pytest.raises(AssertionError):
        engine_laws.agrees_with_the_loop(EngineResults(forgets_the_noise, bc.Noisy(3), noised=True))


# A refusal that is missing is a failure of `pytest.raises`.
FAILS = pytest.raises((AssertionError, pytest.fail.Exception))


def test_an_engine_that_runs_anything_breaks_the_laws_of_refusal():
    with FAILS:
        call_refusals.refuses_cells_it_does_not_serve(be.checks_nothing, LSTM(3), LinearCell)
    with FAILS:
        call_refusals.refuses_masks_that_do_not_fit(be.checks_nothing, Elman(3))


def test_an_engine_that_remembers_all_breaks_the_law_of_memory():
    with FAILS:
        call_refusals.remembers_less_than_scan(unroll.scan, factor=4)


@pytest.mark.parametrize("cell", [bc.Turning(), bc.Noisy(3)], ids=name)
def test_what_is_not_broken_breaks_no_law(cell):
    check_cell(cell, engines=())


def test_what_fails_is_said_with_the_cell_the_engine_the_law_and_numbers():
    with pytest.raises(
        AssertionError, match=r"^Late\(.*\) breaks the law 'sees the past (?s:.*)0\.\d\d"
    ):
        check_cell(bc.Late(3), engines=())
    message = r"^Elman\(.*\) on <function .*> breaks the law 'agrees with the loop': (?s:.*) \d"
    with pytest.raises(AssertionError, match=message):
        check_cell(Elman(3), engines=[be.ignores_the_mask])
    with pytest.raises(TypeError, match=r"^a cell is needed.* got <class 'rnnjax"):
        check_cell(LSTM)


def test_every_law_is_shown_to_bite():
    laws = {
        *cell_laws.CELL_LAWS,
        *contract_laws.SPLIT_CELL_LAWS,
        *contract_laws.ASSOCIATIVE_CELL_LAWS,
        *contract_laws.LINEAR_CELL_LAWS,
        *noise_laws.NOISE_LAWS,
        *engine_laws.ENGINE_LAWS,
        *call_laws.CALL_LAWS,
        *call_laws.ONCE_LAWS,
    }
    assert {law for law, _ in BROKEN_CELLS + NOISY_CELLS + BROKEN_ENGINES} == laws


@pytest.mark.parametrize(
    "transformation",
    [t if t.name in ("forward mode", "no jit") else full(t) for t in TRANSFORMATIONS],
    ids=lambda transformation: transformation.name,
)
def test_a_transformation_notices_wrong_numbers(transformation):
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_transformation(transformation, be.ignores_the_reset, Elman(3))


def test_a_refusal_is_in_words_of_the_engines():
    forward_mode = next(t for t in TRANSFORMATIONS if t.name == "forward mode")
    with pytest.raises(AssertionError, match="not refused in one line: TypeError"):
        check_transformation(forward_mode, be.has_one_derivative, Elman(3))
