"""Temporal order: say in which order two marks came, in a hundred steps that say nothing.

Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9, section 5.6, task 6a:
its LSTM needed 31,390 sequences, one at a time. `--marks=3` is task 6b.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import TemporalOrder

EXPERIMENT = Experiment(
    TemporalOrder(length=110),
    Recurrent("LSTM", hidden=32),
    Training(steps=2000, batch_size=64, learning_rate=3e-3, schedule="cosine"),
)
