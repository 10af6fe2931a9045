"""Learning rules: engines with the values of `unroll.scan` and gradients of their own."""

from rnnjax.learning.alignment import Alignment, alignment, leaf_alignments
from rnnjax.learning.base import Learner, Learning, Rule
from rnnjax.learning.dni import DNI, Synthesised
from rnnjax.learning.eprop import RFLO, EProp
from rnnjax.learning.es import ES
from rnnjax.learning.evolution import centred_ranks, directions, evolution_gradient
from rnnjax.learning.forward_gradient import ForwardGradient
from rnnjax.learning.kfrtrl import KFRTRL
from rnnjax.learning.ok import OK
from rnnjax.learning.persistent import Particles, persistent_gradient
from rnnjax.learning.reading import read_engine as read_engine
from rnnjax.learning.rtrl import RTRL
from rnnjax.learning.snap import SnAp
from rnnjax.learning.tbptt import TBPTT
from rnnjax.learning.uoro import UORO

__all__ = [
    "DNI",
    "ES",
    "KFRTRL",
    "OK",
    "RFLO",
    "RTRL",
    "RULES",
    "TBPTT",
    "UORO",
    "Alignment",
    "EProp",
    "ForwardGradient",
    "Learner",
    "Learning",
    "Particles",
    "Rule",
    "SnAp",
    "Synthesised",
    "alignment",
    "centred_ranks",
    "directions",
    "evolution_gradient",
    "leaf_alignments",
    "persistent_gradient",
]

RULES = (
    "RTRL",
    "SnAp",
    "UORO",
    "KFRTRL",
    "OK",
    "EProp",
    "RFLO",
    "ForwardGradient",
    "TBPTT",
    "DNI",
    "ES",
)
