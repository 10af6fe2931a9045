"""Recurrent cells, one file a cell, in folders by the shape of the equation; the face is flat.

`__all__` lists the cells that `--cell` accepts; `python launch.py --cells` shows them. The
contracts, the initializers and the usual activations can be imported from here as well, so that
what a cell prints can be evaluated in this namespace, if its functions are of those.
"""

from rnnjax.cells.activations import elu as elu
from rnnjax.cells.activations import fast_sigmoid as fast_sigmoid
from rnnjax.cells.activations import gelu as gelu
from rnnjax.cells.activations import hard_sigmoid as hard_sigmoid
from rnnjax.cells.activations import hard_tanh as hard_tanh
from rnnjax.cells.activations import identity as identity
from rnnjax.cells.activations import leaky_relu as leaky_relu
from rnnjax.cells.activations import relu as relu
from rnnjax.cells.activations import sigmoid as sigmoid
from rnnjax.cells.activations import silu as silu
from rnnjax.cells.activations import soft_sign as soft_sign
from rnnjax.cells.activations import softplus as softplus
from rnnjax.cells.activations import tanh as tanh
from rnnjax.cells.base import AssociativeCell as AssociativeCell
from rnnjax.cells.base import Cell as Cell
from rnnjax.cells.base import LinearCell as LinearCell
from rnnjax.cells.base import SplitCell as SplitCell
from rnnjax.cells.biases import Chrono as Chrono
from rnnjax.cells.biases import Forget as Forget
from rnnjax.cells.biases import Zeros as Zeros
from rnnjax.cells.gated.gru import GRU
from rnnjax.cells.gated.gruresetbefore import GRUResetBefore
from rnnjax.cells.gated.janet import JANET
from rnnjax.cells.gated.lstm import LSTM
from rnnjax.cells.gated.mgu import MGU
from rnnjax.cells.gated.mguresetbefore import MGUResetBefore
from rnnjax.cells.gated.peepholelstm import PeepholeLSTM
from rnnjax.cells.gated.ugrnn import UGRNN
from rnnjax.cells.gatedcell import DiagonalCell as DiagonalCell
from rnnjax.cells.gatedcell import GatedCell as GatedCell
from rnnjax.cells.gatedcell import GatedParams as GatedParams
from rnnjax.cells.gatedcell import GatedState as GatedState
from rnnjax.cells.initializers import Glorot as Glorot
from rnnjax.cells.initializers import Identity as Identity
from rnnjax.cells.initializers import LecunNormal as LecunNormal
from rnnjax.cells.initializers import Normal as Normal
from rnnjax.cells.initializers import Orthogonal as Orthogonal
from rnnjax.cells.initializers import TruncatedNormal as TruncatedNormal
from rnnjax.cells.initializers import Uniform as Uniform
from rnnjax.cells.leaky.ctrnn import CTRNN
from rnnjax.cells.linear.lru import LRU
from rnnjax.cells.linear.mingru import MinGRU
from rnnjax.cells.matrix.deltanet import DeltaNet
from rnnjax.cells.matrix.gla import GLA
from rnnjax.cells.matrix.mlstm import MLSTM
from rnnjax.cells.orthogonal.eunn import EUNN
from rnnjax.cells.orthogonal.exprnn import ExpRNN
from rnnjax.cells.orthogonal.fullcapacityurnn import FullCapacityURNN
from rnnjax.cells.orthogonal.goru import GORU
from rnnjax.cells.orthogonal.nnrnn import NNRNN
from rnnjax.cells.orthogonal.ornn import ORNN
from rnnjax.cells.orthogonal.parametrizations import BrickWall as BrickWall
from rnnjax.cells.orthogonal.parametrizations import Butterfly as Butterfly
from rnnjax.cells.orthogonal.parametrizations import Cayley as Cayley
from rnnjax.cells.orthogonal.parametrizations import Exponential as Exponential
from rnnjax.cells.orthogonal.parametrizations import Householder as Householder
from rnnjax.cells.orthogonal.scornn import ScoRNN
from rnnjax.cells.orthogonal.spectralrnn import SpectralRNN
from rnnjax.cells.orthogonal.urnn import URNN
from rnnjax.cells.plain.elman import Elman
from rnnjax.cells.plain.indrnn import IndRNN
from rnnjax.cells.spectra import Ring as Ring
from rnnjax.cells.spectra import SpectralRadius as SpectralRadius

__all__ = [
    "CTRNN",
    "EUNN",
    "GLA",
    "GORU",
    "GRU",
    "JANET",
    "LRU",
    "LSTM",
    "MGU",
    "MLSTM",
    "NNRNN",
    "ORNN",
    "UGRNN",
    "URNN",
    "DeltaNet",
    "Elman",
    "ExpRNN",
    "FullCapacityURNN",
    "GRUResetBefore",
    "IndRNN",
    "MGUResetBefore",
    "MinGRU",
    "PeepholeLSTM",
    "ScoRNN",
    "SpectralRNN",
]
