"""Parity: whether a string has an odd number of ones, tested on strings five times as long.

Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098. A network
that has found the two states of the machine is right at any length; guessing has a loss of ln 2.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Parity

EXPERIMENT = Experiment(
    Parity(length=40, tested=200),
    Recurrent("LSTM", hidden=64),
    Training(steps=5000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
