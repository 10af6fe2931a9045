"""Learning rules: engines with the values of `unroll.scan` and gradients of their own."""

from rnnjax.learning.alignment import Alignment, alignment, leaf_alignments
from rnnjax.learning.base import Learner, Learning, Rule
from rnnjax.learning.eprop import RFLO, EProp
from rnnjax.learning.forward_gradient import ForwardGradient
from rnnjax.learning.reading import read_engine as read_engine
from rnnjax.learning.rtrl import RTRL
from rnnjax.learning.snap import SnAp
from rnnjax.learning.tbptt import TBPTT
from rnnjax.learning.uoro import UORO

__all__ = [
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
    "Rule",
    "SnAp",
    "alignment",
    "leaf_alignments",
]

RULES = ("RTRL", "SnAp", "UORO", "EProp", "RFLO", "ForwardGradient", "TBPTT")
