"""Cells made of cells, and cells by their text."""

from rnnjax.compose.base import Composite as Composite
from rnnjax.compose.initial_state import LearnedInitialState
from rnnjax.compose.mixed_precision import (
    MixedCell,
    MixedLinearCell,
    MixedSplitCell,
    mixed_precision,
)
from rnnjax.compose.reading import read_cell
from rnnjax.compose.residual import Residual
from rnnjax.compose.stack import Stack

__all__ = [
    "LearnedInitialState",
    "MixedCell",
    "MixedLinearCell",
    "MixedSplitCell",
    "Residual",
    "Stack",
    "mixed_precision",
    "read_cell",
]
