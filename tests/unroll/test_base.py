"""What engines are, and what they refuse before anything runs."""

import copy
import pickle
import re

import jax
import jax.numpy as jnp
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, Elman, PeepholeLSTM
from rnnjax.compose import Residual, Stack, learned_start
from rnnjax.unroll.choose.auto import size_of
from rnnjax.unroll.choose.measurements import Size
from tests.laws.draws import assert_close, assert_identical, normal, params_of, state_of, weigh

CELL = LRU(3)
ARGUMENTS = CELL, params_of(CELL), state_of(CELL, (2,)), normal(1, (5, 2, 2))
EVERY = [e for name in unroll.__all__ if (e := getattr(unroll, name)).serves(CELL)]
ENGINES = [
    unroll.Associative(chunk=2),
    unroll.Checkpointed(block=2),
    unroll.LinearScan(chunk=2),
    unroll.Newton(max_iterations=9),
    unroll.Scan(unroll=2),
    unroll.TimeSharded(devices=1),
]


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_an_engine_is_a_value_that_prints_as_the_call_that_makes_it(engine):
    kind = type(engine)
    assert kind() == getattr(unroll, engine.name) != engine == eval(repr(engine), vars(unroll))
    assert engine == kind(**vars(engine)) == copy.deepcopy(engine)
    assert engine == pickle.loads(pickle.dumps(engine))
    assert len({engine, kind(**vars(engine)), kind()}) == 2


def test_the_results_of_settings_are_those_of_none():
    for engine in (unroll.Associative(chunk=2), unroll.Scan(unroll=2)):
        assert_close(engine(*ARGUMENTS), unroll.scan(*ARGUMENTS))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: unroll.Deferred(chunk=0), ValueError, "^chunk must be a whole number of 1 or"),
        (lambda: unroll.Fused(rows=3), ValueError, "^rows must be a power of two; got 3"),
        (lambda: unroll.Scan(unroll=2.0), ValueError, "^unroll must be a whole number.* got 2.0$"),
        (lambda: unroll.Checkpointed(chunk=2), TypeError, "unexpected keyword argument 'chunk'"),
        (lambda: unroll.deferred(chunk=28), TypeError, "unexpected keyword argument 'chunk'"),
        (lambda: unroll.scan(LSTM, *ARGUMENTS[1:]), TypeError, r"LSTM\(64\); got the class LSTM$"),
        (
            lambda: unroll.scan(*ARGUMENTS[:3], [[1.0]]),
            TypeError,
            "^xs must be an array; got list$",
        ),
        (lambda: unroll.deferred(None, *ARGUMENTS[1:]), TypeError, r"LSTM\(64\); got None$"),
    ],
)
def test_what_is_neither_a_setting_nor_a_cell_is_refused(call, kind, message):
    with pytest.raises(kind, match=message) as refusal:
        call()
    assert len(str(refusal.value).splitlines()) == 1


class Decaying(LRU):
    """Forgets the axis of time."""

    def coefficients(self, params, x):
        decay, drive = super().coefficients(params, x)
        return decay[0] if decay.ndim > 2 else decay, drive


class Shifted(GRU):
    """Projects to what has no axes of time and batch, beside what has."""

    def project(self, params, x):
        return super().project(params, x), params.b

    def combine(self, params, state, u, v):
        return super().combine(params, state, u[0] + 0 * u[1][0], v)


@pytest.mark.parametrize(
    ("engine", "cell", "name"),
    [
        (unroll.linear_scan, Decaying(3), "coefficients"),
        (unroll.associative, Decaying(3), "coefficients"),
        (unroll.time_sharded, Decaying(3), "coefficients"),
        (unroll.deferred, Shifted(3), "project"),
    ],
)
def test_what_is_not_of_each_step_is_not_taken_for_it(engine, cell, name):
    params, xs = params_of(cell), normal(1, (3, 2, 2))  # as many steps as units
    message = rf"{name} of inputs \[T, ..., D\] must return arrays .* \(3, 2\) first; got "
    with pytest.raises(ValueError, match=message):
        engine(cell, params, cell.initial_state(params, (2,)), xs)


def test_a_call_outside_jit_compiles_once():
    class Traced(Elman):
        def combine(self, params, state, u, v):
            traces.append(u.shape)
            return super().combine(params, state, u, v)

    traces = []
    cell = Traced(3)
    arguments = params_of(cell), state_of(cell, (2,)), normal(1, (5, 2, 2))
    first = unroll.scan(cell, *arguments)
    seen = len(traces)
    for _ in range(3):
        assert_identical(unroll.Scan()(Traced(3), *arguments), first)
    assert len(traces) == seen


def test_a_part_that_an_engine_does_not_run_is_refused_before_any_runs():
    cell = Stack((GRU(3), Residual(LRU(3))))
    message = r"unroll.deferred runs a SplitCell.* got LRU\(.*\), a part of Stack\(.*\)$"
    with pytest.raises(TypeError, match=message):
        unroll.deferred(cell, None, None, ARGUMENTS[3])


@pytest.mark.parametrize("engine", [*EVERY, unroll.newton.solve], ids=repr)
@pytest.mark.parametrize(
    ("at", "wrong", "message"),
    [
        (1, None, "LRU(...) takes params like LRUParams(nu_log=(3,)...); got None"),
        (1, params_of(GRU(3)), "takes params like LRUParams(...); got GRUParams(w_x=(2, 9)..."),
        (1, params_of(LRU(4)), "takes params like L...=(3,)...on xs (5, 2, 2); got L...=(4,)"),
        (2, None, "LRU(...) on xs (5, 2, 2) takes a state of LinearState(h=(2, 3)); got None"),
        (2, state_of(CELL, (4,)), "takes a state of LinearState(h=(2, 3)); got LinearState(h="),
        (
            2,
            state_of(CELL, (2, 2)),
            "takes a state of LinearState(h=(2, 3)); got LinearState(h=",
        ),
        (2, state_of(LSTM(3), (2,)), "takes a state of LinearState(h=(2, 3)); got LSTMState(h="),
        (2, state_of(GRU(3), (2,)), "a state of LinearState(h=(2, 3)); got G...State(h=(2, 3))"),
        (2, tuple(state_of(CELL, (2,))), "a state of LinearState(h=(2, 3)); got ((2, 3),)"),
        (3, normal(1, (5, 2, 7)), "like L...b_re=(7, 3)...on xs (5, 2, 7); got L...b_re=(2, 3)"),
        (3, normal(1, (5, 2)), "takes a state of LinearState(h=(3,)); got LinearState(h=(2, 3))"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_line(engine, at, wrong, message):
    arguments = list(ARGUMENTS)
    arguments[at] = wrong
    with pytest.raises(ValueError, match=re.escape(message).replace(r"\.\.\.", ".*")) as refusal:
        engine(*arguments)
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("cell", "params", "state", "message"),
    [
        (Elman(3), None, state_of(GRU(3), (2,)), r"Elman.* takes a state of (\w+)\(.* got (\w+)\("),
        (
            Elman(3),
            None,
            (state_of(Elman(3), (2,)).h,),
            r"Elman.* takes a state of .* got \(\(2, 3",
        ),
        (LSTM(3), params_of(PeepholeLSTM(3)), None, r"takes params like LSTMP.* got PeepholeLSTMP"),
        (PeepholeLSTM(3), params_of(LSTM(3)), None, r"takes params like Peep.* got LSTMParams\("),
        (LSTM(3), tuple(params_of(LSTM(3))), None, r"takes params like LSTMParams\(.* got \(\(2,"),
    ],
    ids=repr,
)
def test_params_and_states_of_another_kind_are_refused_though_their_shapes_fit(
    cell, params, state, message
):
    params = params_of(cell) if params is None else params
    state = state_of(cell, (2,)) if state is None else state
    with pytest.raises(ValueError, match=message) as refusal:
        unroll.scan(cell, params, state, ARGUMENTS[3])
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
