import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU, MinGRU
from rnnjax.cells.base import LinearState
from rnnjax.unroll import read_engine
from rnnjax.unroll.linear import steps as linear
from tests.full import full
from tests.laws.draws import assert_close, doubled, normal, params_of, state_of, weigh

FLAGS = [np.random.default_rng(0).random((70, 4)) < share for share in (0.8, 0.1)]


def solved(decay, drive, h):
    """Returns all states by one dense system of equations a unit, `(1 - shifted decay) hs = b`."""
    steps = len(decay)
    matrix = np.eye(steps, dtype=decay.dtype) - np.diag(decay[1:], -1)
    drive = drive.copy()
    drive[0] += decay[0] * h
    return np.linalg.solve(matrix, drive), np.linalg.inv(matrix)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_states_and_cotangents_are_those_of_the_dense_system(dtype):
    decay, drive, d_hs = (normal(seed, (9,), dtype) for seed in range(3))
    h = normal(3, (), dtype)
    expected, inverse = solved(decay, drive, h)
    with jax.enable_x64(True):
        each = linear.Step(*map(jnp.asarray, (decay, drive)), None)
        found, pull = jax.vjp(lambda each, h: linear.states_in_a_loop(each, h)[1], each, h)
        (d_decay, d_drive, _), d_h = pull(jnp.asarray(d_hs))
    adjoint = inverse.T @ d_hs
    before = np.append(h, expected[:-1])
    assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert_close(d_drive, adjoint, rtol=1e-12, atol=1e-12)
    assert_close(d_decay, adjoint * before, rtol=1e-12, atol=1e-12)
    assert_close(d_h, decay[0] * adjoint[0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [unroll.LinearScan, unroll.Associative])
@pytest.mark.parametrize("cell", [LRU(5), MinGRU(5)], ids=repr)
@pytest.mark.full
def test_any_chunk_has_the_gradients_of_the_loop_to_the_last_digits(make, cell):
    mask, reset = FLAGS

    def results(engine, *arguments):
        def total(*arguments):
            return weigh(engine(cell, *arguments, mask=mask, reset=reset))

        return jax.jit(jax.value_and_grad(total, (0, 1, 2)))(*arguments)

    arguments = doubled((params_of(cell), state_of(cell, (4,)), normal(1, (70, 4, 2))))
    with jax.enable_x64(True):
        expected = results(unroll.scan, *arguments)
        for chunk in (None, 16):
            actual = results(make(chunk=chunk), *arguments)
            assert_close(actual, expected, rtol=1e-11, atol=1e-11)


def test_one_call_goes_on_where_another_stopped():
    cell, mask = LRU(3), FLAGS[0]
    params, state, xs = params_of(cell), state_of(cell, (4,)), normal(1, (70, 4, 2))
    run = functools.partial(unroll.linear_scan, cell, params)
    final, ys = run(state, xs, mask=mask)
    middle, first = run(state, xs[:33], mask=mask[:33])
    assert isinstance(middle, LinearState)
    last, second = run(middle, xs[33:], mask=mask[33:])
    assert_close((last, jnp.concatenate([first, second])), (final, ys))


def test_the_matrices_of_the_cell_stay_out_of_the_loop():
    cell = MinGRU(3)
    engine = unroll.LinearScan(chunk=10)
    run = jax.make_jaxpr(functools.partial(engine.run, cell, mask=None, reset=None))
    program = run(params_of(cell), state_of(cell), normal(1, (40, 2))).jaxpr
    (outer,) = (e for e in program.eqns if e.primitive.name == "scan")
    assert outer.params["length"] == 4
    text = str(outer.params["jaxpr"])
    assert text.count("dot_general") == 1  # ten steps in one product
    assert "f32[10,2]" in text


@pytest.mark.parametrize("cell", [full(LRU(32)), MinGRU(32)], ids=repr)
def test_a_long_sequence_takes_an_eighth_of_the_memory_of_scan(cell):
    def temporaries(engine):
        def total(params, xs):
            state = cell.initial_state(params, (8,))
            return weigh(engine(cell, params, state, xs)[0])

        arguments = cell.init(jax.random.key(0), 2), jnp.ones((512, 8, 2))
        compiled = jax.jit(jax.grad(total)).lower(*arguments).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert 8 * temporaries(unroll.linear_scan) < temporaries(unroll.scan)


def test_the_name_alone_is_the_engine_with_its_defaults():
    assert read_engine("linear_scan") == unroll.linear_scan == unroll.LinearScan()
    assert read_engine("LinearScan(chunk=32)") == unroll.LinearScan(chunk=32)
    assert repr(unroll.LinearScan(chunk=32)) == "LinearScan(chunk=32)"
