"""Cells made of cells, cells changed, and cells by their text.

What changes a cell is a function, `zoneout(cell, 0.1)`, which changes each part of a cell that is
made of cells; and a class of what it returns for one cell, a `Wrapper`.
"""

from rnnjax.compose.base import Composite as Composite
from rnnjax.compose.base import wrap as wrap
from rnnjax.compose.block_diagonal import BlockDiagonal, block_diagonal
from rnnjax.compose.chance import noisy as noisy
from rnnjax.compose.dale import Dale, dale
from rnnjax.compose.dilated import Dilated, dilated
from rnnjax.compose.drop_connect import DropConnect, drop_connect
from rnnjax.compose.fast_slow import FastSlow
from rnnjax.compose.independent import Independent, independent
from rnnjax.compose.layer_norm import LayerNorm, layer_norm
from rnnjax.compose.learned_start import LearnedStart, learned_start
from rnnjax.compose.mixed_precision import MixedPrecision, mixed_precision
from rnnjax.compose.orthogonal import OrthogonalRecurrence, orthogonal
from rnnjax.compose.preactivation_noise import PreactivationNoise, preactivation_noise
from rnnjax.compose.probe import Probed, probed
from rnnjax.compose.reading import read_cell as read_cell
from rnnjax.compose.recurrent_dropout import RecurrentDropout, recurrent_dropout
from rnnjax.compose.residual import Residual
from rnnjax.compose.skip import Skip, skip
from rnnjax.compose.skip_rnn import SkipRNN, skip_rnn
from rnnjax.compose.sparse import Sparse, sparse
from rnnjax.compose.stack import Stack
from rnnjax.compose.state_noise import StateNoise, state_noise
from rnnjax.compose.update_dropout import UpdateDropout, update_dropout
from rnnjax.compose.with_states import Observed as Observed
from rnnjax.compose.with_states import PartsWithStates, WithStates, with_states
from rnnjax.compose.wrapper import SplitWrapper as SplitWrapper
from rnnjax.compose.wrapper import Wrapper as Wrapper
from rnnjax.compose.zoneout import Zoneout, zoneout

__all__ = [
    "BlockDiagonal",
    "Dale",
    "Dilated",
    "DropConnect",
    "FastSlow",
    "Independent",
    "LayerNorm",
    "LearnedStart",
    "MixedPrecision",
    "OrthogonalRecurrence",
    "PartsWithStates",
    "PreactivationNoise",
    "Probed",
    "RecurrentDropout",
    "Residual",
    "Skip",
    "SkipRNN",
    "Sparse",
    "Stack",
    "StateNoise",
    "UpdateDropout",
    "WithStates",
    "Zoneout",
    "block_diagonal",
    "dale",
    "dilated",
    "drop_connect",
    "independent",
    "layer_norm",
    "learned_start",
    "mixed_precision",
    "orthogonal",
    "preactivation_noise",
    "probed",
    "recurrent_dropout",
    "skip",
    "skip_rnn",
    "sparse",
    "state_noise",
    "update_dropout",
    "with_states",
    "zoneout",
]
