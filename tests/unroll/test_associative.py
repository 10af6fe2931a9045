import functools

import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU, MinGRU
from tests.laws.draws import normal, params_of, state_of


def products(steps):
    """Counts the products in the program for a sequence of `steps`."""
    cell = MinGRU(3)
    run = jax.make_jaxpr(functools.partial(unroll.associative.run, cell, mask=None, reset=None))
    text = str(run(params_of(cell), state_of(cell), normal(1, (steps, 2))))
    assert "scan[" not in text
    assert "while[" not in text
    return text.count(" mul ")


def test_no_loop_is_left_and_the_program_grows_with_the_logarithm_of_time():
    growth = np.diff([products(2**k) for k in (4, 6, 8, 10)])
    assert growth[0] > 0
    assert (growth == growth[0]).all()


@pytest.mark.parametrize("cell", [LRU(8), MinGRU(8)], ids=repr)
def test_long_sequences_agree_with_the_loop(cell):
    params, state, xs = params_of(cell), state_of(cell), normal(1, (1000, 2))
    final, ys = jax.jit(unroll.associative)(cell, params, state, xs)
    expected_final, expected_ys = unroll.scan(cell, params, state, xs)
    np.testing.assert_allclose(ys, expected_ys, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(final.h, expected_final.h, rtol=1e-3, atol=1e-4)


def test_with_chunks_the_only_loop_is_as_long_as_one_of_them():
    cell = MinGRU(3)
    engine = unroll.Associative(chunk=8)
    run = jax.make_jaxpr(functools.partial(engine.run, cell, mask=None, reset=None))
    program = run(params_of(cell), state_of(cell), normal(1, (100, 2)))
    assert [e.params["length"] for e in program.eqns if e.primitive.name == "scan"] == [8]


def test_an_engine_with_chunks_is_read_and_prints_as_the_call_that_makes_it():
    engine = unroll.Associative(chunk=8)
    assert unroll.read_engine("Associative(chunk=8)") == engine != unroll.associative
    assert repr(engine) == "Associative(chunk=8)"
