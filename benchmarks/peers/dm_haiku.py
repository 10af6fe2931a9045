"""Haiku: `hk.dynamic_unroll`."""

import haiku as hk
import jax

from benchmarks.peers.layers import KEY, Layer, make_program
from benchmarks.work import Program, Work

# Its GRU resets before the product, as in the paper: one more product a step, one bias fewer.
CELLS = {"LSTM": hk.LSTM, "GRU": hk.GRU, "Elman": hk.VanillaRNN}


def build(work: Work) -> Program:
    """Compiles the work."""

    @hk.without_apply_rng
    @hk.transform
    def run(xs: jax.Array) -> jax.Array:
        core = CELLS[work.cell](work.hidden)
        return hk.dynamic_unroll(core, xs, core.initial_state(xs.shape[1]))[0]

    layer = Layer(None, run.apply)
    return make_program(layer._replace(params=jax.jit(run.init)(KEY, layer.xs(work)[:1])), work)
