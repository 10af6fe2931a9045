"""Kinds of numbers that a user may hand in, and functions that close over some."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import CTRNN, LSTM, Elman, GatedState, SplitCell
from tests.full import full
from tests.laws.draws import assert_close, normal

XS = jnp.asarray(normal(1, (5, 4, 3)))


class PatternParams(NamedTuple):
    w_x: jax.Array
    w_h: jax.Array
    pattern: jax.Array  # whole numbers: which of the weights there are


class Pattern(SplitCell):
    """A plain cell whose recurrent weights are where a pattern has ones."""

    output_dim = 3

    def init(self, key, input_dim):
        pattern = jnp.asarray([[1, 0, 1], [0, 1, 1], [1, 1, 0]])
        return PatternParams(jnp.ones((input_dim, 3)), 0.5 * jnp.ones((3, 3)), pattern)

    def initial_state(self, params, batch_shape=()):
        return GatedState(jnp.zeros((*batch_shape, 3)))

    def project(self, params, x):
        return x @ params.w_x

    def recur(self, params, state):
        return state.h @ (params.w_h * params.pattern)

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v)
        return GatedState(h), h


def gradient(engine, cell):
    def total(params):
        ys = engine(cell, params, cell.initial_state(params, (4,)), XS)[1]
        return jnp.sum(jnp.sin(3 * ys))

    return jax.grad(total, allow_int=True)(cell.init(jax.random.key(0), 3))


@pytest.mark.parametrize("engine", [unroll.deferred, full(unroll.Deferred(chunk=2)), unroll.auto])
def test_whole_numbers_among_the_parameters_have_no_gradient(engine):
    found, wanted = gradient(engine, Pattern()), gradient(unroll.scan, Pattern())
    assert_close(found[:2], wanted[:2])
    assert found.pattern.dtype == wanted.pattern.dtype == jax.dtypes.float0


@pytest.mark.parametrize("engine", [unroll.scan, unroll.auto, full(unroll.newton)])
def test_a_state_of_numpy_is_held_as_jax_holds_it(engine):
    cell = Elman(3)
    params = cell.init(jax.random.key(0), 3)
    start = cell.initial_state(params)._replace(h=np.full((4, 3), 0.5))
    wanted = engine(cell, params, start._replace(h=jnp.full((4, 3), 0.5)), XS)
    assert_close(engine(cell, params, start, np.asarray(XS, float)), wanted)


def test_sizes_and_constants_of_numpy_are_pythons():
    assert repr(LSTM(np.int64(6))) == repr(LSTM(6))
    assert CTRNN(4, dt=np.float32(20)) == CTRNN(4, dt=20.0)


def through(engine):
    def total(gain):
        cell = Elman(3, activation=lambda x: jnp.tanh(gain * x))
        params = cell.init(jax.random.key(0), 3)
        return jnp.sum(engine(cell, params, cell.initial_state(params, (4,)), XS)[1])

    return jax.grad(total)(1.3)


def test_what_a_function_closes_over_has_its_derivative_where_that_can_be():
    step = 1e-2
    cells = [Elman(3, activation=lambda x, g=g: jnp.tanh(g * x)) for g in (1.3 - step, 1.3 + step)]
    params = cells[0].init(jax.random.key(0), 3)
    low, high = (
        float(jnp.sum(unroll.scan(cell, params, cell.initial_state(params, (4,)), XS)[1]))
        for cell in cells
    )
    for engine in (unroll.scan, unroll.checkpointed, unroll.auto):
        assert through(engine) == pytest.approx((high - low) / (2 * step), rel=1e-2)


class Scaled:
    """A value that is called, and one with a method."""

    def __init__(self, scale):
        self.scale = scale

    def __call__(self, x):
        return jnp.tanh(self.scale * x)


@pytest.mark.parametrize("activation", [Scaled, lambda scale: Scaled(scale).__call__])
def test_values_that_are_called_are_looked_into(activation):
    def total(scale):
        cell = Elman(3, activation=activation(scale))
        params = cell.init(jax.random.key(0), 3)
        return jnp.sum(unroll.deferred(cell, params, cell.initial_state(params, (4,)), XS)[1])

    with pytest.raises(ValueError, match="activation closes over a traced value"):
        jax.grad(total)(1.3)


@pytest.mark.parametrize("engine", [unroll.deferred, unroll.newton, unroll.fused])
def test_elsewhere_it_is_refused_by_the_name_of_the_field(engine):
    with pytest.raises(ValueError, match=r"activation closes over a traced value.*unroll\.scan"):
        through(engine)


def test_a_length_may_be_a_symbol_where_a_turn_has_several_steps(monkeypatch):
    cell = Elman(3)
    params = cell.init(jax.random.key(0), 3)

    def gradient(params, xs):
        def total(params):
            return jnp.sum(unroll.deferred(cell, params, cell.initial_state(params, (4,)), xs)[1])

        return jax.grad(total)(params)

    wanted = gradient(params, XS)
    (steps,) = jax.export.symbolic_shape("t")
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    like = jax.ShapeDtypeStruct((steps, *XS.shape[1:]), XS.dtype)
    exported = jax.export.export(jax.jit(gradient), platforms=["cpu"])(params, like)
    monkeypatch.undo()
    assert_close(exported.call(params, XS), wanted)
