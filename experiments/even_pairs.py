"""Even pairs: whether a string begins and ends alike, tested on strings five times as long.

Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098. The first
symbol is to be kept and compared with the last, which a plain recurrent network learns soon.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import EvenPairs

EXPERIMENT = Experiment(
    EvenPairs(length=40, tested=200),
    Recurrent("Elman", hidden=64),
    Training(steps=1000, batch_size=128, learning_rate=1e-3, schedule="cosine"),
)
