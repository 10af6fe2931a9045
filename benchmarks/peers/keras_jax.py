"""Keras 3 on JAX: its layers by `stateless_call`, batch first as they want it."""

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"  # read when Keras is imported

import jax
from keras import layers

from benchmarks.peers.layers import Layer, make_program
from benchmarks.work import Program, Work

CELLS = {"LSTM": layers.LSTM, "GRU": layers.GRU, "Elman": layers.SimpleRNN}


def build(work: Work) -> Program:
    """Compiles the work."""
    layer = CELLS[work.cell](work.hidden, return_sequences=True)
    layer.build((work.batch, work.steps, work.inputs))
    params = [variable.value for variable in layer.trainable_variables]
    rest = [variable.value for variable in layer.non_trainable_variables]

    def apply(params: Any, xs: jax.Array) -> jax.Array:
        return layer.stateless_call(params, rest, xs)[0]

    return make_program(Layer(params, apply, time_axis=1), work)
