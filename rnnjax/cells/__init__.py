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
from rnnjax.cells.gated.slstm import SLSTM
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
from rnnjax.cells.linear.ffm import FFM
from rnnjax.cells.linear.gilr import GILR
from rnnjax.cells.linear.hgrn import HGRN
from rnnjax.cells.linear.lru import LRU
from rnnjax.cells.linear.mamba import Mamba
from rnnjax.cells.linear.mingru import MinGRU
from rnnjax.cells.linear.minlstm import MinLSTM
from rnnjax.cells.linear.rglru import RGLRU
from rnnjax.cells.linear.s4d import S4D
from rnnjax.cells.linear.s5 import S5
from rnnjax.cells.linear.statespace import bilinear as bilinear
from rnnjax.cells.linear.statespace import s4d_inv as s4d_inv
from rnnjax.cells.linear.statespace import s4d_legs as s4d_legs
from rnnjax.cells.linear.statespace import s4d_lin as s4d_lin
from rnnjax.cells.linear.statespace import s4d_real as s4d_real
from rnnjax.cells.linear.statespace import zoh as zoh
from rnnjax.cells.matrix.deltanet import DeltaNet
from rnnjax.cells.matrix.deltaproduct import DeltaProduct
from rnnjax.cells.matrix.gateddeltanet import GatedDeltaNet
from rnnjax.cells.matrix.gla import GLA
from rnnjax.cells.matrix.hgrn2 import HGRN2
from rnnjax.cells.matrix.linearattention import LinearAttention
from rnnjax.cells.matrix.linearattention import elu_plus_one as elu_plus_one
from rnnjax.cells.matrix.mamba2 import Mamba2
from rnnjax.cells.matrix.mlstm import MLSTM
from rnnjax.cells.matrix.retnet import RetNet
from rnnjax.cells.matrix.rwkv4 import RWKV4
from rnnjax.cells.matrix.rwkv6 import RWKV6
from rnnjax.cells.matrix.rwkv7 import RWKV7
from rnnjax.cells.plain.elman import Elman
from rnnjax.cells.plain.indrnn import IndRNN
from rnnjax.cells.spectra import Ring as Ring
from rnnjax.cells.spectra import SpectralRadius as SpectralRadius

__all__ = [
    "CTRNN",
    "FFM",
    "GILR",
    "GLA",
    "GRU",
    "HGRN",
    "HGRN2",
    "JANET",
    "LRU",
    "LSTM",
    "MGU",
    "MLSTM",
    "RGLRU",
    "RWKV4",
    "RWKV6",
    "RWKV7",
    "S4D",
    "S5",
    "SLSTM",
    "UGRNN",
    "DeltaNet",
    "DeltaProduct",
    "Elman",
    "GRUResetBefore",
    "GatedDeltaNet",
    "IndRNN",
    "LinearAttention",
    "MGUResetBefore",
    "Mamba",
    "Mamba2",
    "MinGRU",
    "MinLSTM",
    "PeepholeLSTM",
    "RetNet",
]
