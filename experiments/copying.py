"""Copying: repeat ten symbols after a long silence.

Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9; in the form of
Arjovsky, Shah & Bengio (2016), arXiv:1511.06464, section 5.1. The best that a network without
memory can do is a loss of 10 ln 8 / (delay + 20).
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Copying

EXPERIMENT = Experiment(
    Copying(delay=20),
    Recurrent("GRU", hidden=128),
    Training(steps=5000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
