"""Recurrent cells, one file a family. `__all__` lists the cells that `--cell` accepts.

The contracts, the initializers and two activations can be imported from here as well, so that
whatever a cell prints can be evaluated in this namespace.
"""

from jax.nn import relu as relu
from jax.nn import tanh as tanh

from rnnjax.cells.base import Cell as Cell
from rnnjax.cells.base import LinearCell as LinearCell
from rnnjax.cells.base import SplitCell as SplitCell
from rnnjax.cells.elman import Elman
from rnnjax.cells.gru import GRU, GRUResetBefore
from rnnjax.cells.initializers import Glorot as Glorot
from rnnjax.cells.initializers import Identity as Identity
from rnnjax.cells.initializers import Normal as Normal
from rnnjax.cells.initializers import Orthogonal as Orthogonal
from rnnjax.cells.initializers import TruncatedNormal as TruncatedNormal
from rnnjax.cells.leaky import CTRNN
from rnnjax.cells.lru import LRU
from rnnjax.cells.lstm import LSTM
from rnnjax.cells.mingru import MinGRU
from rnnjax.cells.peephole import PeepholeLSTM

__all__ = [
    "CTRNN",
    "GRU",
    "LRU",
    "LSTM",
    "Elman",
    "GRUResetBefore",
    "MinGRU",
    "PeepholeLSTM",
]
