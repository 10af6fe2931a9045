"""Learning rules: engines with the values of `unroll.scan` and gradients of their own."""

from rnnjax.learning.base import Learner, Learning, Rule
from rnnjax.learning.eprop import RFLO, EProp
from rnnjax.learning.forward_gradient import ForwardGradient
from rnnjax.learning.rtrl import RTRL
from rnnjax.learning.snap import SnAp
from rnnjax.learning.tbptt import TBPTT
from rnnjax.learning.uoro import UORO

__all__ = [
    "RFLO",
    "RTRL",
    "TBPTT",
    "UORO",
    "EProp",
    "ForwardGradient",
    "Learner",
    "Learning",
    "Rule",
    "SnAp",
]
