"""Cells made of cells, cells changed, and cells by their text.

What changes a cell is a function, `zoneout(cell, 0.1)`, which changes each part of a cell that is
made of cells; and a class of what it returns for one cell, a `Wrapper`.
"""

from rnnjax.compose.base import Composite as Composite
from rnnjax.compose.chance import noisy as noisy
from rnnjax.compose.dilated import Dilated, dilated
from rnnjax.compose.fast_slow import FastSlow
from rnnjax.compose.layer_norm import LayerNorm, layer_norm
from rnnjax.compose.learned_start import LearnedStart, learned_start
from rnnjax.compose.mixed_precision import MixedPrecision, mixed_precision
from rnnjax.compose.orthogonal import OrthogonalRecurrence, orthogonal
from rnnjax.compose.probe import Probed, probed
from rnnjax.compose.reading import read_cell as read_cell
from rnnjax.compose.recurrent_dropout import RecurrentDropout, recurrent_dropout
from rnnjax.compose.residual import Residual
from rnnjax.compose.skip_rnn import SkipRNN, skip_rnn
from rnnjax.compose.stack import Stack
from rnnjax.compose.with_states import Observed as Observed
from rnnjax.compose.with_states import PartsWithStates, WithStates, with_states
from rnnjax.compose.wrapper import SplitWrapper as SplitWrapper
from rnnjax.compose.wrapper import Wrapper as Wrapper
from rnnjax.compose.wrapper import wrap as wrap
from rnnjax.compose.zoneout import Zoneout, zoneout

__all__ = [
    "Dilated",
    "FastSlow",
    "LayerNorm",
    "LearnedStart",
    "MixedPrecision",
    "OrthogonalRecurrence",
    "PartsWithStates",
    "Probed",
    "RecurrentDropout",
    "Residual",
    "SkipRNN",
    "Stack",
    "WithStates",
    "Zoneout",
    "dilated",
    "layer_norm",
    "learned_start",
    "mixed_precision",
    "orthogonal",
    "probed",
    "recurrent_dropout",
    "skip_rnn",
    "with_states",
    "zoneout",
]
