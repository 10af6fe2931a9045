"""Reverse string: a string backwards, by a network with stacks, tested on longer strings.

Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098. Their
stack-RNN reverses strings of any length and an LSTM only such as it has seen: `--cell=LSTM`.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import ReverseString

EXPERIMENT = Experiment(
    ReverseString(length=40, tested=200),
    Recurrent("StackRNN(64, stacks=4, slots=200)"),
    Training(steps=5000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
