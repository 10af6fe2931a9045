"""Recurrent cells, one file a cell, in folders by the shape of the equation; the face is flat.

`__all__` lists the cells that `--cell` accepts. The contracts, the initializers and the usual
activations can be imported from here as well, so that what a cell prints can be evaluated in this
namespace, if its functions are of those.
"""

from jax.nn import relu as relu
from jax.nn import tanh as tanh

from rnnjax.cells.base import AssociativeCell as AssociativeCell
from rnnjax.cells.base import Cell as Cell
from rnnjax.cells.base import LinearCell as LinearCell
from rnnjax.cells.base import SplitCell as SplitCell
from rnnjax.cells.gated.gru import GRU
from rnnjax.cells.gated.gruresetbefore import GRUResetBefore
from rnnjax.cells.gated.lstm import LSTM
from rnnjax.cells.gated.peepholelstm import PeepholeLSTM
from rnnjax.cells.gatedcell import GatedCell as GatedCell
from rnnjax.cells.gatedcell import GatedParams as GatedParams
from rnnjax.cells.gatedcell import GatedState as GatedState
from rnnjax.cells.initializers import Glorot as Glorot
from rnnjax.cells.initializers import Identity as Identity
from rnnjax.cells.initializers import Normal as Normal
from rnnjax.cells.initializers import Orthogonal as Orthogonal
from rnnjax.cells.initializers import TruncatedNormal as TruncatedNormal
from rnnjax.cells.initializers import Zeros as Zeros
from rnnjax.cells.leaky.ctrnn import CTRNN
from rnnjax.cells.linear.lru import LRU
from rnnjax.cells.linear.mingru import MinGRU
from rnnjax.cells.matrix.deltanet import DeltaNet
from rnnjax.cells.matrix.gla import GLA
from rnnjax.cells.matrix.mlstm import MLSTM
from rnnjax.cells.plain.elman import Elman

__all__ = [
    "CTRNN",
    "GLA",
    "GRU",
    "LRU",
    "LSTM",
    "MLSTM",
    "DeltaNet",
    "Elman",
    "GRUResetBefore",
    "MinGRU",
    "PeepholeLSTM",
]
