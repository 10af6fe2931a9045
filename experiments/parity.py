"""Parity: has a string an odd number of ones? Trained on short strings, tested on longer ones.

Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098: recurrent
networks learn it on lengths to 40 and go on to lengths of hundreds.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Parity

EXPERIMENT = Experiment(
    Parity(length=40, tested=200),
    Recurrent("LSTM", hidden=64),
    Training(steps=4000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
