"""Flax, nnx: `nnx.RNN`, split into arrays and the rest once, so that plain `jax.jit` serves."""

from typing import Any

import jax
from flax import nnx

from benchmarks.peers.layers import Layer, make_program
from benchmarks.work import Program, Work

CELLS = {"LSTM": nnx.OptimizedLSTMCell, "GRU": nnx.GRUCell, "Elman": nnx.SimpleCell}


def build(work: Work) -> Program:
    """Compiles the work."""
    rngs = nnx.Rngs(0)
    cell = CELLS[work.cell](work.inputs, work.hidden, rngs=rngs)
    module = nnx.RNN(cell, time_major=True, rngs=rngs)
    structure, params, rest = nnx.split(module, nnx.Param, ...)

    def apply(params: Any, xs: jax.Array) -> jax.Array:
        return nnx.merge(structure, params, rest, copy=True)(xs)

    return make_program(Layer(params, apply), work)
