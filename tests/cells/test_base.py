import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.cells import (
    CTRNN,
    LSTM,
    Cell,
    CoRNN,
    Elman,
    GatedState,
    Glorot,
    Zeros,
    relu,
    sigmoid,
)
from tests.catalogue import CELLS


@pytest.mark.parametrize("hidden", [0, -1, 2.0, True, "3", None])
def test_a_size_is_a_whole_number_of_one_or_more(hidden):
    with pytest.raises(ValueError, match="hidden must be a whole number of 1 or more"):
        Elman(hidden)


@pytest.mark.parametrize("forget_bias", [math.nan, math.inf, "1", True])
def test_a_number_is_finite(forget_bias):
    with pytest.raises(ValueError, match="forget_bias must be a finite number"):
        LSTM(3, forget_bias=forget_bias)


def test_numbers_of_numpy_become_those_of_python():
    cell = LSTM(np.int64(3), forget_bias=np.float32(0.5))
    assert repr(cell) == "LSTM(hidden=3, forget_bias=0.5)"
    assert (cell, type(cell.hidden)) == (LSTM(3, forget_bias=0.5), int)


def test_an_activation_is_a_function():
    with pytest.raises(ValueError, match="activation must be a function"):
        CTRNN(3, activation="tanh")


@pytest.mark.parametrize("activation", [jnp.sin, max, partial(jax.nn.elu, alpha=2.0), np.tanh])
def test_any_function_of_one_argument_is_an_activation(activation):
    assert Elman(3, activation).activation is activation


@pytest.mark.parametrize(
    ("field", "value", "count"),
    [
        ("activation", Glorot(), "1 argument"),
        ("recurrent_init", jnp.tanh, "2 arguments"),
        ("input_init", Zeros(), "2 arguments"),
        ("bias_init", Glorot(), "3 arguments"),
    ],
)
def test_a_function_takes_what_it_will_be_given(field, value, count):
    with pytest.raises(ValueError, match=rf"^LSTM.*: {field} must be a function of {count}$"):
        LSTM(3, **{field: value})


@pytest.mark.parametrize("implicit", ["no", 0, None])
def test_a_truth_value_is_one(implicit):
    with pytest.raises(ValueError, match="implicit must be True or False"):
        CoRNN(3, implicit=implicit)


def test_the_message_names_the_cell():
    with pytest.raises(ValueError, match=r"Elman\(hidden=0"):
        Elman(0)


@pytest.mark.parametrize("cell", CELLS, ids=repr)
@pytest.mark.parametrize("input_dim", [0, -1, 2.0, True, None, "3"])
def test_inputs_have_a_size_of_one_or_more(cell, input_dim):
    message = rf"input_dim must be a whole number of 1 or more; got {input_dim!r}"
    with pytest.raises(ValueError, match=message) as caught:
        cell.init(jax.random.key(0), input_dim)
    assert len(str(caught.value).splitlines()) == 1


def test_any_whole_number_is_a_size():
    sizes = 2, np.int64(2), np.zeros(2, np.uint8).size
    for size in sizes:
        params = jax.eval_shape(lambda size=size: Elman(3).init(jax.random.key(0), size))
        assert params.w_x.shape == (2, 3)


def test_a_cell_of_ones_own_refuses_them_too():
    class Lasting(Cell):
        output_dim = 1

        def init(self, key, input_dim):
            return ()

        def initial_state(self, params, batch_shape=()):
            return GatedState(np.zeros((*batch_shape, 1)))

        def step(self, params, state, x_t):
            return state, state.h

    assert Lasting().init(jax.random.key(0), input_dim=2) == ()
    with pytest.raises(ValueError, match=r"Lasting\(\): input_dim must be a whole number"):
        Lasting().init(jax.random.key(0), input_dim=0)


def test_what_is_given_by_its_name_alone_is_said_last_and_if_it_is_not_the_usual():
    assert repr(CTRNN(3, 10.0, activation=relu)) == (
        "CTRNN(hidden=3, dt=10.0, tau=100.0, activation=relu)"
    )
    assert repr(LSTM(3, gate_activation=sigmoid)) == (
        "LSTM(hidden=3, forget_bias=1.0, gate_activation=sigmoid)"
    )
    assert repr(LSTM(3)) == "LSTM(hidden=3, forget_bias=1.0)"
