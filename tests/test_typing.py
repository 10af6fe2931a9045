"""Constants are values: copied, pickled or sent to another process they stay equal."""

import copy
import dataclasses
import pickle
import subprocess
import sys

import cloudpickle
import jax
import jax.numpy as jnp
import pytest

from rnnjax import cells, unroll
from rnnjax.cells.vocabulary import ACTIVATIONS
from rnnjax.typing import Static
from tests.catalogue import CELLS, VARIANTS

WITH_ACTIVATIONS = [
    cell
    for f in ACTIVATIONS
    for cell in (cells.Elman(3, activation=f), cells.LSTM(3, activation=f, gate_activation=f))
]


class Several(Static):
    functions: tuple


@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        lambda value: pickle.loads(pickle.dumps(value)),
        lambda value: cloudpickle.loads(cloudpickle.dumps(value)),
    ],
    ids=["copy", "deepcopy", "pickle", "cloudpickle"],
)
@pytest.mark.parametrize(
    "value",
    [
        *CELLS,
        *VARIANTS,
        *WITH_ACTIVATIONS,
        unroll.deferred,
        cells.Orthogonal(0.5),
        Several((jnp.tanh, (jax.nn.relu, 3, cells.Glorot()))),
    ],
    ids=repr,
)
def test_a_constant_made_again_is_equal(again, value):
    assert again(value) == value
    assert hash(again(value)) == hash(value)
    for field in dataclasses.fields(value):
        assert getattr(again(value), field.name) == getattr(value, field.name)


def test_a_copy_is_the_constant_itself():
    cell = cells.Elman(3)
    assert copy.deepcopy({"cell": cell})["cell"] is cell


def test_a_pickle_is_checked_like_a_call():
    data = pickle.dumps(cells.Elman(77)).replace(b"\x4d", b"\x00", 1)  # 77 is one byte
    with pytest.raises(ValueError, match="hidden must be a whole number of 1 or more"):
        pickle.loads(data)


def test_a_function_that_cannot_be_found_again_is_left_to_pickle():
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        pickle.dumps(cells.Elman(3, activation=jax.jit(lambda x: x)))


def test_a_class_typed_at_the_prompt_goes_to_another_process():
    script = """
import cloudpickle, sys
from rnnjax import cells

class Leaky(cells.GatedCell):
    blocks = ("h",)
    rate: float = 0.1

    def combine(self, params, state, u, v):
        h = (1 - self.rate) * state.h + self.rate * self.activation(u + v)
        return cells.GatedState(h), h

sys.stdout.buffer.write(cloudpickle.dumps(Leaky(3, rate=0.5)))
"""
    sent = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout
    cell = cloudpickle.loads(sent)
    assert (cell.hidden, cell.rate) == (3, 0.5)
    assert cell.activation is jnp.tanh
    state, y = cell.step(
        cell.init(jax.random.key(0), 2), cells.GatedState(jnp.ones(3)), jnp.ones(2)
    )
    assert state.h.shape == y.shape == (3,)
