"""The engines for steps that compose, on a cell of which they know nothing else."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import AssociativeCell
from rnnjax.typing import Array
from tests.full import full
from tests.laws.draws import assert_close, assert_finite, normal, weigh

T, B, N = 6, 3, 2
ENGINES = (
    unroll.Associative(),
    unroll.Associative(chunk=4),
    unroll.LinearScan(),
    unroll.LinearScan(chunk=4),
    unroll.TimeSharded(),
)
MASK = np.array([1, 1, 0, 1, 1, 1], bool)
RESET = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1], [0, 1, 0]], bool)


class Inputs(NamedTuple):
    x: Array  # [..., N]
    gap: Array  # [..., 1]


class RotorState(NamedTuple):
    h: Array  # [..., N]
    count: Array  # [...], a whole number


class RotorElement(NamedTuple):
    turn: Array  # [..., N, N]
    drive: Array  # [..., N]
    count: Array  # [...], a whole number


class Rotor(AssociativeCell):
    """`h -> h W^gap + x`: two inputs, counts in state and element, a start of its own."""

    output_dim = N

    def init(self, key, input_dim):
        return {"turn": jnp.eye(N), "start": jnp.ones(N)}

    def initial_state(self, params, batch_shape=()):
        shape = (*batch_shape, N)
        return RotorState(jnp.broadcast_to(params["start"], shape), jnp.zeros(batch_shape, int))

    def element(self, params, x):
        shape = (*x.gap.shape[:-1], N, N)
        turn = jnp.broadcast_to(params["turn"], shape) * jnp.cos(x.gap)[..., None]
        return RotorElement(turn, x.x, jnp.ones(shape[:-2], int))

    def compose(self, earlier, later):
        turned = jnp.einsum("...i,...ij->...j", earlier.drive, later.turn)
        return RotorElement(
            earlier.turn @ later.turn, turned + later.drive, earlier.count + later.count
        )

    def apply(self, element, state):
        turned = jnp.einsum("...i,...ij->...j", state.h, element.turn)
        return RotorState(turned + element.drive, state.count + element.count)

    def readout(self, params, state, x):
        return {"y": jnp.sin(state.h) + x.x, "count": state.count}


@functools.partial(jax.jit, static_argnums=0)
def results(engine, params, h, xs, weights, mask, reset) -> Any:
    def total(params, h, xs):
        state = RotorState(h, jnp.arange(B))
        final, ys = engine(Rotor(), params, state, xs, mask=mask, reset=reset)
        return weigh(final.h) * weights[-1] + weigh(weights[:, None, None] * ys["y"]), (final, ys)

    return jax.grad(total, (0, 1, 2), has_aux=True)(params, h, xs)


def drawn():
    params = {"turn": normal(3, (N, N)).astype(float), "start": normal(4, (N,)).astype(float)}
    xs = Inputs(normal(1, (T, B, N)).astype(float), normal(2, (T, B, 1)).astype(float))
    return params, normal(5, (B, N)).astype(float), xs


@pytest.mark.parametrize("engine", [ENGINES[0], *map(full, ENGINES[1:])], ids=repr)
def test_values_and_gradients_are_those_of_scan_and_a_reset_parts_them(engine):
    params, h, xs = drawn()
    ones = np.ones(T)
    with jax.enable_x64(True):
        actual, expected = (results(e, *drawn(), ones, MASK, RESET) for e in (engine, unroll.scan))
        assert_close(actual, expected, rtol=1e-10, atol=1e-10)
        np.testing.assert_array_equal(actual[1][0].count, [3, 1, 2])
        # What comes after the last resets knows of nothing before, not by a derivative either.
        reset = np.array(RESET)
        reset[4] = True
        late = np.where(np.arange(T) < 4, 0.0, 1.0)
        poisoned = xs._replace(x=np.where(np.arange(T)[:, None, None] == 1, np.nan, xs.x))
        arguments = late, MASK, reset
        (_, _, by_xs), (final, ys) = results(engine, params, h * np.nan, poisoned, *arguments)
        (_, _, clean_by_xs), (clean, clean_ys) = results(unroll.scan, params, h, xs, *arguments)
    assert np.isnan(ys["y"][1]).all()
    later = jax.tree.map(lambda x: x[4:], (by_xs, ys))
    expected = jax.tree.map(lambda x: x[4:], (clean_by_xs, clean_ys))
    assert_close((final, later), (clean, expected), rtol=1e-10, atol=1e-10)
    assert_finite(later)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_no_steps_leave_the_state(engine):
    params, h, xs = drawn()
    with jax.enable_x64(True):
        state = RotorState(jnp.asarray(h), jnp.arange(B))
        none = jax.tree.map(lambda x: x[:0], xs)
        final, ys = engine(Rotor(), params, state, none, mask=MASK[:0], reset=RESET[:0])
        assert_close(final, state, rtol=0, atol=0)
    assert (ys["y"].shape, ys["count"].shape) == ((0, B, N), (0, B))


def test_the_loop_backward_has_the_cotangent_of_the_state_alone():
    """And that of the elements is found for all steps at once."""

    def total(params, xs):
        state = RotorState(jnp.ones((B, N)), jnp.zeros(B, int))
        return unroll.linear_scan.run(Rotor(), params, state, xs, None, None)[1]["y"].sum()

    params, _, xs = jax.tree.map(jnp.float32, drawn())
    program = jax.make_jaxpr(jax.grad(total))(params, xs)
    (map_,) = (e for e in program.eqns if e.primitive.name == "linear_map")
    (backward,) = (e for e in map_.params["push"].eqns if e.primitive.name == "scan")
    assert backward.params["reverse"]
    length = backward.params["length"]
    carried = [v.aval for v in backward.outvars if v.aval.shape[:1] != (length,)]
    assert len(carried) == 1  # no sum over time, of parameters or of the start
