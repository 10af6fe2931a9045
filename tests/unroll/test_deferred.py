import functools
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LSTM, Elman, PeepholeLSTM
from rnnjax.unroll import read_engine
from tests.laws.draws import assert_close, doubled, normal, params_of, state_of, weigh
from tests.unroll.loops import scan_lengths


def gradient(engine, cell):
    """Returns a function of params, state and inputs: by how much each moves the last state."""

    def total(params, state, xs):
        return weigh(engine(cell, params, state, xs)[0])

    return jax.jit(jax.grad(total))


def lengths_of_loops(engine, steps, sequences):
    cell = Elman(3)
    params, state = params_of(cell), state_of(cell, (sequences,))
    xs = jax.ShapeDtypeStruct((steps, sequences, 2), jnp.float32)
    run = jax.make_jaxpr(lambda xs: engine(cell, params, state, xs))
    return scan_lengths(run(xs).jaxpr)


def temporaries(engine, cell, shape):
    """Returns how many bytes a gradient needs beside its arguments and results."""
    params = jax.eval_shape(lambda: cell.init(jax.random.key(0), shape[2]))
    state = jax.eval_shape(lambda p: cell.initial_state(p, shape[1:2]), params)
    xs = jax.ShapeDtypeStruct(shape, jnp.float32)

    def total(params, state, xs):
        after, ys = engine(cell, params, state, xs)
        return jnp.mean(after.h**2) + (jnp.mean(ys**2) if shape[0] > 1000 else 0)

    compiled = jax.jit(jax.value_and_grad(total)).lower(params, state, xs).compile()
    return compiled.memory_analysis().temp_size_in_bytes


@pytest.mark.parametrize(
    ("chunk", "steps", "lengths"),
    [
        (None, 28, [28]),
        (None, 128, [128]),
        (None, 200, [8, 25]),
        (None, 784, [28, 28]),
        (None, 131, [5, 26, 1]),  # a prime number
        (5, 23, [4, 5, 3]),
        (30, 23, [23]),
    ],
)
def test_time_runs_in_chunks(chunk, steps, lengths):
    assert lengths_of_loops(unroll.Deferred(chunk=chunk), steps, sequences=8192) == lengths


def test_what_takes_little_memory_is_one_chunk():
    assert lengths_of_loops(unroll.deferred, 784, sequences=512) == [784]


@pytest.mark.parametrize("cell", [LSTM(3), GRU(3), PeepholeLSTM(3)], ids=repr)
@pytest.mark.full
def test_any_chunk_has_the_gradients_of_the_loop_to_the_last_digits(cell):
    rng = np.random.default_rng(0)
    mask, reset = rng.random((150, 4)) < 0.8, rng.random((150, 4)) < 0.1

    def results(engine, *arguments):
        def total(*arguments):
            return weigh(engine(cell, *arguments, mask=mask, reset=reset))

        return jax.jit(jax.value_and_grad(total, (0, 1, 2)))(*arguments)

    arguments = doubled((params_of(cell), state_of(cell, (4,)), normal(1, (150, 4, 2))))
    with jax.enable_x64(True):
        expected = results(unroll.scan, *arguments)
        for chunk in (None, 150):
            actual = results(unroll.Deferred(chunk=chunk), *arguments)
            assert_close(actual, expected, rtol=1e-11, atol=1e-11)


def test_a_long_sequence_takes_an_eighth_of_the_memory_of_scan():
    shape = 512, 64, 32
    assert 8 * temporaries(unroll.deferred, LSTM(32), shape) < temporaries(
        unroll.scan, LSTM(32), shape
    )


def test_a_short_sequence_is_kept_whole():
    def program(engine):
        arguments = params_of(LSTM(3)), state_of(LSTM(3)), normal(1, (128, 2))
        return gradient(engine, LSTM(3)).lower(*arguments).as_text()

    assert program(unroll.deferred) == program(unroll.Deferred(chunk=128))
    assert program(unroll.deferred) != program(unroll.Deferred(chunk=32))


def test_a_hundred_thousand_steps_fit_in_a_gigabyte_with_all_their_outputs():
    assert temporaries(unroll.deferred, LSTM(64), (100_000, 8, 1)) < 1e9


def test_on_an_accelerator_the_input_product_of_a_chunk_is_one(monkeypatch):
    cell = LSTM(3)
    arguments = params_of(cell), state_of(cell, (2,)), normal(1, (5, 2, 2))

    def program(*arguments):
        return str(jax.make_jaxpr(functools.partial(unroll.deferred, cell))(*arguments))

    inside, expected = program(*arguments), gradient(unroll.deferred, cell)(*arguments)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    jax.clear_caches()
    assert program(*arguments).count("f32[5,2,12] = dot_general") == 1
    assert inside.count("f32[5,2,12] = dot_general") == 0
    assert_close(gradient(unroll.deferred, cell)(*arguments), expected)


def test_it_is_read_from_what_it_prints():
    assert unroll.deferred == read_engine("deferred") == read_engine("Deferred()")
    engine = unroll.Deferred(chunk=28)
    assert engine == read_engine(repr(engine)) != unroll.deferred
    assert hash(unroll.Deferred(chunk=None)) == hash(unroll.deferred)
    assert pickle.loads(pickle.dumps(engine)) == engine


@pytest.mark.parametrize("chunk", [0, -3, 2.0, True])
@pytest.mark.parametrize("engine", [unroll.Associative, unroll.Deferred, unroll.LinearScan])
def test_a_chunk_has_steps(engine, chunk):
    with pytest.raises(ValueError, match="chunk must be a whole number of 1 or more; got"):
        engine(chunk=chunk)
