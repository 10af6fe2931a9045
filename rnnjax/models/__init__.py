"""Networks in Flax around recurrent cells."""

from rnnjax.models.bidirectional import Bidirectional
from rnnjax.models.mlp import MLP
from rnnjax.models.naming import from_names, to_names
from rnnjax.models.observe import observe
from rnnjax.models.outputs import Outputs
from rnnjax.models.precision import Precision
from rnnjax.models.readout import All, Last, Mean
from rnnjax.models.recurrent import Recurrent
from rnnjax.models.sequence import SequenceModel, sequence_model

__all__ = [
    "MLP",
    "All",
    "Bidirectional",
    "Last",
    "Mean",
    "Outputs",
    "Precision",
    "Recurrent",
    "SequenceModel",
    "from_names",
    "observe",
    "sequence_model",
    "to_names",
]
