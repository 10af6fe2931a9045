import math

import jax
import pytest

from rnnjax.cells import Elman
from rnnjax.unroll import Checkpointed, scan
from tests.laws.draws import assert_close, normal, params_of
from tests.unroll.loops import scan_lengths

CELL = Elman(3)


def program(engine, steps):
    params = params_of(CELL)
    state = CELL.initial_state(params)
    return jax.make_jaxpr(lambda xs: engine(CELL, params, state, xs))(normal(1, (steps, 2)))


@pytest.mark.parametrize(
    ("block", "steps", "lengths"),
    [
        (5, 20, [4, 5]),
        (5, 23, [4, 5, 3]),  # a last block of what is left
        (30, 20, [0, 30, 20]),  # a block longer than the sequence
        (None, 100, [10, 10]),
        (None, 28, [5, 5, 3]),
    ],
)
def test_time_runs_in_blocks(block, steps, lengths):
    assert scan_lengths(program(Checkpointed(block=block), steps).jaxpr) == lengths


def test_the_default_block_is_the_square_root_of_the_length():
    for steps in (1, 2, 99, 784):
        assert scan_lengths(program(Checkpointed(), steps).jaxpr)[1] == math.isqrt(steps)


def test_every_block_is_recomputed_by_the_gradient():
    # One checkpoint around the body of the loop over blocks, one around the last shorter block.
    assert str(program(Checkpointed(block=5), 23)).count("prevent_cse") == 2


def test_it_prints_as_the_call_that_makes_it():
    assert repr(Checkpointed(block=28)) == "Checkpointed(block=28, unroll=1)"


def test_forward_mode_runs_through_blocks():
    params, xs = params_of(CELL), normal(1, (7, 2))

    def jacobian(engine):
        return jax.jacfwd(lambda p: engine(CELL, p, CELL.initial_state(p), xs)[1])(params)

    assert_close(jacobian(Checkpointed(block=3)), jacobian(scan))


@pytest.mark.parametrize("block", [0, -3])
def test_a_block_has_steps(block):
    with pytest.raises(ValueError, match=f"block must be a whole number of 1 or more; got {block}"):
        Checkpointed(block=block)
