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
from rnnjax.cells.biases import RandomBiases as RandomBiases
from rnnjax.cells.biases import Zeros as Zeros
from rnnjax.cells.conv.convgru import ConvGRU
from rnnjax.cells.conv.convlstm import ConvLSTM
from rnnjax.cells.gated.atr import ATR
from rnnjax.cells.gated.brc import BRC
from rnnjax.cells.gated.cfn import CFN
from rnnjax.cells.gated.cifg import CIFG
from rnnjax.cells.gated.clockworkrnn import ClockworkRNN
from rnnjax.cells.gated.fastgrnn import FastGRNN
from rnnjax.cells.gated.fastrnn import FastRNN
from rnnjax.cells.gated.gru import GRU
from rnnjax.cells.gated.gruresetbefore import GRUResetBefore
from rnnjax.cells.gated.indylstm import IndyLSTM
from rnnjax.cells.gated.intersectionrnn import IntersectionRNN
from rnnjax.cells.gated.janet import JANET
from rnnjax.cells.gated.layernormgru import LayerNormGRU
from rnnjax.cells.gated.layernormlstm import LayerNormLSTM
from rnnjax.cells.gated.lightru import LightRU
from rnnjax.cells.gated.ligru import LiGRU
from rnnjax.cells.gated.lstm import LSTM
from rnnjax.cells.gated.lstmp import LSTMP
from rnnjax.cells.gated.mclstm import MCLSTM
from rnnjax.cells.gated.memorycontrollerlstm import MemoryControllerLSTM
from rnnjax.cells.gated.mgu import MGU
from rnnjax.cells.gated.mguresetbefore import MGUResetBefore
from rnnjax.cells.gated.minimalrnn import MinimalRNN
from rnnjax.cells.gated.miru1 import MiRU1
from rnnjax.cells.gated.miru2 import MiRU2
from rnnjax.cells.gated.mogrifierlstm import MogrifierLSTM
from rnnjax.cells.gated.multiplicativelstm import MultiplicativeLSTM
from rnnjax.cells.gated.multiplicativernn import MultiplicativeRNN
from rnnjax.cells.gated.mut1 import MUT1
from rnnjax.cells.gated.mut2 import MUT2
from rnnjax.cells.gated.mut3 import MUT3
from rnnjax.cells.gated.nascell import NASCell
from rnnjax.cells.gated.nbrc import NBRC
from rnnjax.cells.gated.onlstm import ONLSTM
from rnnjax.cells.gated.originallstm import OriginalLSTM
from rnnjax.cells.gated.peepholelstm import PeepholeLSTM
from rnnjax.cells.gated.phasedlstm import PhasedLSTM
from rnnjax.cells.gated.ran import RAN
from rnnjax.cells.gated.rhn import RHN
from rnnjax.cells.gated.scrn import SCRN
from rnnjax.cells.gated.sgrn import SGRN
from rnnjax.cells.gated.slimlstm import SlimLSTM
from rnnjax.cells.gated.slstm import SLSTM
from rnnjax.cells.gated.sruv2 import SRUv2
from rnnjax.cells.gated.star import STAR
from rnnjax.cells.gated.ugrnn import UGRNN
from rnnjax.cells.gated.urlstm import URLSTM
from rnnjax.cells.gated.wmclstm import WMCLSTM
from rnnjax.cells.gatedcell import DiagonalCell as DiagonalCell
from rnnjax.cells.gatedcell import GatedCell as GatedCell
from rnnjax.cells.gatedcell import GatedParams as GatedParams
from rnnjax.cells.gatedcell import GatedState as GatedState
from rnnjax.cells.initializers import Glorot as Glorot
from rnnjax.cells.initializers import He as He
from rnnjax.cells.initializers import Identity as Identity
from rnnjax.cells.initializers import LecunNormal as LecunNormal
from rnnjax.cells.initializers import Normal as Normal
from rnnjax.cells.initializers import NormalBySize as NormalBySize
from rnnjax.cells.initializers import Orthogonal as Orthogonal
from rnnjax.cells.initializers import TruncatedNormal as TruncatedNormal
from rnnjax.cells.initializers import Uniform as Uniform
from rnnjax.cells.initializers import UniformByInputs as UniformByInputs
from rnnjax.cells.initializers import UniformBySize as UniformBySize
from rnnjax.cells.leaky.antisymmetricrnn import AntisymmetricRNN
from rnnjax.cells.leaky.cfc import CfC
from rnnjax.cells.leaky.cfc import lecun_tanh as lecun_tanh
from rnnjax.cells.leaky.cornn import CoRNN
from rnnjax.cells.leaky.ctrnn import CTRNN
from rnnjax.cells.leaky.gatedantisymmetricrnn import GatedAntisymmetricRNN
from rnnjax.cells.leaky.grud import GRUD
from rnnjax.cells.leaky.hcornn import HCoRNN
from rnnjax.cells.leaky.leakyelman import LeakyElman
from rnnjax.cells.leaky.lem import LEM
from rnnjax.cells.leaky.lipschitzrnn import LipschitzRNN
from rnnjax.cells.leaky.ltc import LTC
from rnnjax.cells.leaky.timed import Observed as Observed
from rnnjax.cells.leaky.timed import Timed as Timed
from rnnjax.cells.leaky.unicornn import UnICORNN
from rnnjax.cells.leaky.wilsoncowan import WilsonCowan
from rnnjax.cells.linear.ffm import FFM
from rnnjax.cells.linear.gilr import GILR
from rnnjax.cells.linear.hgrn import HGRN
from rnnjax.cells.linear.lru import LRU
from rnnjax.cells.linear.mamba import Mamba
from rnnjax.cells.linear.mingru import MinGRU
from rnnjax.cells.linear.minlstm import MinLSTM
from rnnjax.cells.linear.qrnn import QRNN
from rnnjax.cells.linear.rglru import RGLRU
from rnnjax.cells.linear.s4d import S4D
from rnnjax.cells.linear.s5 import S5
from rnnjax.cells.linear.sru import SRU
from rnnjax.cells.linear.statespace import bilinear as bilinear
from rnnjax.cells.linear.statespace import s4d_inv as s4d_inv
from rnnjax.cells.linear.statespace import s4d_legs as s4d_legs
from rnnjax.cells.linear.statespace import s4d_lin as s4d_lin
from rnnjax.cells.linear.statespace import s4d_real as s4d_real
from rnnjax.cells.linear.statespace import zoh as zoh
from rnnjax.cells.linear.typedgru import TypedGRU
from rnnjax.cells.linear.typedlstm import TypedLSTM
from rnnjax.cells.linear.typedrnn import TypedRNN
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
from rnnjax.cells.memory.babyntm import BabyNTM
from rnnjax.cells.memory.dnc import DNC
from rnnjax.cells.memory.ntm import NTM
from rnnjax.cells.memory.stackrnn import StackRNN
from rnnjax.cells.memory.tapernn import TapeRNN
from rnnjax.cells.memory.vectorstackrnn import VectorStackRNN
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
from rnnjax.cells.plain.esn import ESN
from rnnjax.cells.plain.indrnn import IndRNN
from rnnjax.cells.plain.jordan import Jordan
from rnnjax.cells.polynomial.legs import LegS
from rnnjax.cells.polynomial.lmu import LMU
from rnnjax.cells.spectra import Ring as Ring
from rnnjax.cells.spectra import SpectralRadius as SpectralRadius

__all__ = [
    "ATR",
    "BRC",
    "CFN",
    "CIFG",
    "CTRNN",
    "DNC",
    "ESN",
    "EUNN",
    "FFM",
    "GILR",
    "GLA",
    "GORU",
    "GRU",
    "GRUD",
    "HGRN",
    "HGRN2",
    "JANET",
    "LEM",
    "LMU",
    "LRU",
    "LSTM",
    "LSTMP",
    "LTC",
    "MCLSTM",
    "MGU",
    "MLSTM",
    "MUT1",
    "MUT2",
    "MUT3",
    "NBRC",
    "NNRNN",
    "NTM",
    "ONLSTM",
    "ORNN",
    "QRNN",
    "RAN",
    "RGLRU",
    "RHN",
    "RWKV4",
    "RWKV6",
    "RWKV7",
    "S4D",
    "S5",
    "SCRN",
    "SGRN",
    "SLSTM",
    "SRU",
    "STAR",
    "UGRNN",
    "URLSTM",
    "URNN",
    "WMCLSTM",
    "AntisymmetricRNN",
    "BabyNTM",
    "CfC",
    "ClockworkRNN",
    "CoRNN",
    "ConvGRU",
    "ConvLSTM",
    "DeltaNet",
    "DeltaProduct",
    "Elman",
    "ExpRNN",
    "FastGRNN",
    "FastRNN",
    "FullCapacityURNN",
    "GRUResetBefore",
    "GatedAntisymmetricRNN",
    "GatedDeltaNet",
    "HCoRNN",
    "IndRNN",
    "IndyLSTM",
    "IntersectionRNN",
    "Jordan",
    "LayerNormGRU",
    "LayerNormLSTM",
    "LeakyElman",
    "LegS",
    "LiGRU",
    "LightRU",
    "LinearAttention",
    "LipschitzRNN",
    "MGUResetBefore",
    "Mamba",
    "Mamba2",
    "MemoryControllerLSTM",
    "MiRU1",
    "MiRU2",
    "MinGRU",
    "MinLSTM",
    "MinimalRNN",
    "MogrifierLSTM",
    "MultiplicativeLSTM",
    "MultiplicativeRNN",
    "NASCell",
    "OriginalLSTM",
    "PeepholeLSTM",
    "PhasedLSTM",
    "RetNet",
    "SRUv2",
    "ScoRNN",
    "SlimLSTM",
    "SpectralRNN",
    "StackRNN",
    "TapeRNN",
    "TypedGRU",
    "TypedLSTM",
    "TypedRNN",
    "UnICORNN",
    "VectorStackRNN",
    "WilsonCowan",
]
