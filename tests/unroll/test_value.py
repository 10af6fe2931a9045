import re

import jax
import jax.numpy as jnp
import pytest
from rnnjax.unroll.auto import size_of
from rnnjax.unroll.measurements import Size

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, Elman
from rnnjax.compose import Residual, Stack, learned_start
from tests.laws.draws import assert_close, assert_identical, normal, params_of, state_of, weigh

CELL = LRU(3)
ARGUMENTS = CELL, params_of(CELL), state_of(CELL, (2,)), normal(1, (5, 2, 2))
EVERY = [getattr(unroll, name) for name in unroll.__all__ if name != "deferred"]  # all run it
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


@pytest.mark.parametrize("engine", [*EVERY, unroll.newton.solve], ids=repr)
@pytest.mark.parametrize(
    ("at", "wrong", "message"),
    [
        (1, None, "LRU(...) has no state with these params on xs (5, 2, 2): "),
        (1, params_of(GRU(3)), "LRU(...) has no state with these params on xs (5, 2, 2): "),
        (2, None, "LRU(...) on xs (5, 2, 2) takes a state of LinearState(h=(2, 3)); got None"),
        (2, state_of(CELL, (4,)), "takes a state of LinearState(h=(2, 3)); got LinearState(h="),
        (
            2,
            state_of(CELL, (2, 2)),
            "takes a state of LinearState(h=(2, 3)); got LinearState(h=",
        ),
        (2, state_of(LSTM(3), (2,)), "takes a state of LinearState(h=(2, 3)); got LSTMState(h="),
        (3, normal(1, (5, 2, 7)), "LRU(...) does not run with these params on xs (5, 2, 7): "),
        (3, normal(1, (5, 2)), "takes a state of LinearState(h=(3,)); got LinearState(h=(2, 3))"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_line(engine, at, wrong, message):
    arguments = list(ARGUMENTS)
    arguments[at] = wrong
    with pytest.raises(ValueError, match=re.escape(message).replace(r"\.\.\.", ".*")) as refusal:
        engine(*arguments)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_state_of_something_else_than_arrays_is_refused():
    with pytest.raises(TypeError, match="a state is made of arrays; got float"):
        unroll.scan(CELL, ARGUMENTS[1], 0.0, ARGUMENTS[3])


def test_a_state_that_a_step_makes_another_dtype_of_is_refused():
    real = jax.tree.map(jnp.real, ARGUMENTS[2])
    for engine in EVERY:
        with pytest.raises(TypeError, match=r"makes .*complex64.* of a state of .*float32"):
            engine(CELL, ARGUMENTS[1], real, ARGUMENTS[3])


class Counting(Elman):
    """A cell that also counts its steps."""

    def initial_state(self, params, batch_shape=()):
        del params
        return {"h": jnp.zeros((*batch_shape, self.hidden)), "n": jnp.zeros(batch_shape, int)}

    def recur(self, params, state):
        return state["h"] @ params.w_h

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v)
        return {"h": h, "n": state["n"] + 1}, h / (1 + state["n"])[..., None]


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("engine", [unroll.auto, unroll.checkpointed, unroll.deferred], ids=repr)
def test_a_state_may_hold_whole_numbers(engine, learned):
    cell = learned_start(Counting(3)) if learned else Counting(3)
    params = cell.init(jax.random.key(0), 2)
    state = cell.initial_state(params, (2,))
    reset = jnp.zeros((5, 2), bool).at[3, 0].set(True)

    def total(engine, params):
        return weigh(engine(cell, params, state, ARGUMENTS[3], reset=reset)[1])

    for cut in (jax.value_and_grad(total, 1), total):
        assert_close(cut(engine, params), cut(unroll.scan, params))


def test_the_batch_is_not_taken_for_a_width():
    state = Counting(3).initial_state(None, (512,))
    assert size_of(state, jnp.zeros((7, 512, 2))) == Size(7, 512, 3)


def test_no_sequences_at_all_are_run():
    arguments = params_of(CELL), state_of(CELL, (0,)), jnp.ones((5, 0, 2))
    for engine in EVERY:
        state, ys = engine(CELL, *arguments)
        assert (state.h.shape, ys.shape) == ((0, 3), (5, 0, 3))
