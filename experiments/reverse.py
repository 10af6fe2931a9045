"""Reverse string: a string backwards, by a network with a stack, tested on longer strings.

Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098. What has
a stack reverses strings of any length that it holds; an LSTM does not: `--cell=LSTM`.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import ReverseString

EXPERIMENT = Experiment(
    ReverseString(length=40, tested=200),
    Recurrent("VectorStackRNN(32, width=4, slots=200)"),
    Training(steps=1000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
