import functools

import jax
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, GRUResetBefore
from tests.laws.draws import normal, params_of, state_of


def program(engine, cell):
    run = jax.make_jaxpr(functools.partial(engine, cell))
    return str(run(params_of(cell), state_of(cell), normal(1, (5, 2))))


@pytest.mark.parametrize(
    ("cell", "engine", "other"),
    [
        (GRU(3), unroll.deferred, unroll.scan),
        (GRUResetBefore(3), unroll.scan, unroll.checkpointed()),
        (LRU(3), unroll.linear_scan, unroll.associative),
    ],
)
def test_auto_is_the_program_of_the_engine_that_it_picks(cell, engine, other):
    assert program(unroll.auto, cell) == program(engine, cell) != program(other, cell)


def test_on_an_accelerator_a_linear_cell_runs_in_parallel(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert program(unroll.auto, LRU(3)) == program(unroll.associative, LRU(3))
