"""Flax, linen: `nn.RNN`."""

import flax.linen as nn
import jax

from benchmarks.peers.layers import KEY, Layer, make_program
from benchmarks.work import Program, Work

# Its GRU, like PyTorch's, resets after the product.
CELLS = {"LSTM": nn.OptimizedLSTMCell, "GRU": nn.GRUCell, "Elman": nn.SimpleCell}


def build(work: Work) -> Program:
    """Compiles the work."""
    module = nn.RNN(CELLS[work.cell](work.hidden), time_major=True)
    layer = Layer(None, module.apply)
    params = jax.jit(module.init)(KEY, layer.xs(work)[:1])
    return make_program(layer._replace(params=params), work)
