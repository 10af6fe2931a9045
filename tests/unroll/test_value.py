import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM
from rnnjax.compose import Residual, Stack
from tests.laws.draws import assert_identical, normal, params_of, state_of

CELL = LRU(3)
ARGUMENTS = CELL, params_of(CELL), state_of(CELL, (2,)), normal(1, (5, 2, 2))
ENGINES = [
    unroll.associative(chunk=2),
    unroll.checkpointed(block=2),
    unroll.linear_scan(chunk=2),
    unroll.newton(max_iterations=9),
    unroll.scan(unroll=2),
    unroll.time_sharded(devices=1),
]


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_an_engine_without_settings_is_one_too(engine):
    name = repr(engine).partition("(")[0]
    bare = getattr(unroll, name)
    assert bare == bare() != engine == eval(repr(engine), vars(unroll)) == bare()(**vars(engine))
    assert_identical(bare(*ARGUMENTS), type(engine)()(*ARGUMENTS))


def test_some_settings_are_replaced_and_the_others_kept():
    engine = unroll.newton(damping=0.5, tolerance=1e-3)
    assert engine(damping=0.25) == unroll.newton(damping=0.25, tolerance=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: unroll.deferred(28),
            r"^deferred\(chunk=None\) takes settings by their names.* 28$",
        ),
        (
            lambda: unroll.checkpointed(*ARGUMENTS, block=2),
            r"before the cell: checkpointed\(block=2, unroll=1\)",
        ),
        (lambda: unroll.checkpointed(chunk=2), "has no setting chunk; it has block, unroll$"),
        (lambda: unroll.auto(chunk=2), r"^auto\(\) has no setting chunk; it has none$"),
        (lambda: unroll.scan(LSTM, *ARGUMENTS[1:]), "or a cell; got <class"),
        (lambda: unroll.deferred(mask=ARGUMENTS[3] > 0), r"or a cell; got None$"),
        (lambda: unroll.newton(*ARGUMENTS[:3]), "got no xs$"),
    ],
)
def test_what_is_neither_a_setting_nor_a_cell_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_part_that_an_engine_does_not_run_is_refused_before_any_runs():
    cell = Stack((GRU(3), Residual(LRU(3))))
    message = r"unroll.deferred runs a SplitCell.* got LRU\(.*\), a part of Stack\(.*\)$"
    with pytest.raises(TypeError, match=message):
        unroll.deferred(cell, None, None, ARGUMENTS[3])


def test_a_state_of_another_batch_is_refused():
    message = r"a state \(4, 3\) does not fit xs \(5, 2, 2\): its first axes must be \(2,\)"
    for engine in (unroll.scan, unroll.auto, unroll.newton.solve):
        with pytest.raises(ValueError, match=message):
            engine(CELL, ARGUMENTS[1], state_of(CELL, (4,)), ARGUMENTS[3])
