"""Equinox: its cells of one sequence in `lax.scan`, under `vmap` over the batch, as its docs do."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from benchmarks.peers.layers import KEY, Layer, make_program
from benchmarks.work import Program, Work

CELLS = {"LSTM": eqx.nn.LSTMCell, "GRU": eqx.nn.GRUCell}  # there is no Elman


def build(work: Work) -> Program:
    """Compiles the work."""
    cell = CELLS[work.cell](work.inputs, work.hidden, key=KEY)
    params, rest = eqx.partition(cell, eqx.is_inexact_array)
    is_lstm = work.cell == "LSTM"  # its state is a pair

    def apply(params: Any, xs: jax.Array) -> jax.Array:
        own, zeros = eqx.combine(params, rest), jnp.zeros(work.hidden)

        def step(state: Any, x_t: jax.Array) -> tuple[Any, jax.Array]:
            state = own(x_t, state)
            return state, state[0] if is_lstm else state

        begin = (zeros, zeros) if is_lstm else zeros
        run = jax.vmap(lambda xs: jax.lax.scan(step, begin, xs)[1], in_axes=1, out_axes=1)
        return run(xs)

    return make_program(Layer(params, apply), work)
