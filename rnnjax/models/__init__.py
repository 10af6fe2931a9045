"""Networks in Flax around recurrent cells."""

from rnnjax.models.attention import Attention
from rnnjax.models.bidirectional import Bidirectional
from rnnjax.models.bridge import Bridge
from rnnjax.models.decoding import Decoded, beam, greedy
from rnnjax.models.encoder_decoder import EncoderDecoder, Memory, encoder_decoder
from rnnjax.models.mlp import MLP
from rnnjax.models.naming import from_names, to_names
from rnnjax.models.observe import observe
from rnnjax.models.outputs import Outputs
from rnnjax.models.precision import Precision
from rnnjax.models.readout import All, Last, Mean, Plain
from rnnjax.models.recurrent import Recurrent
from rnnjax.models.sequence import SequenceModel, sequence_model

__all__ = [
    "MLP",
    "All",
    "Attention",
    "Bidirectional",
    "Bridge",
    "Decoded",
    "EncoderDecoder",
    "Last",
    "Mean",
    "Memory",
    "Outputs",
    "Plain",
    "Precision",
    "Recurrent",
    "SequenceModel",
    "beam",
    "encoder_decoder",
    "from_names",
    "greedy",
    "observe",
    "sequence_model",
    "to_names",
]
