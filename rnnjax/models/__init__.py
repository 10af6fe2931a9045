"""Networks in Flax around recurrent cells."""

from rnnjax.models.mlp import MLP
from rnnjax.models.precision import Precision
from rnnjax.models.readout import All, Last, Mean
from rnnjax.models.recurrent import Bidirectional, Recurrent
from rnnjax.models.sequence import SequenceModel, sequence_model

__all__ = [
    "MLP",
    "All",
    "Bidirectional",
    "Last",
    "Mean",
    "Precision",
    "Recurrent",
    "SequenceModel",
    "sequence_model",
]
