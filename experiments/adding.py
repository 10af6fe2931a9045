"""Adding: the sum of two marked numbers in a long row.

Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9; in the form of Le,
Jaitly & Hinton (2015), arXiv:1504.00941. Always answering 1 has a loss of 1/6.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Adding

EXPERIMENT = Experiment(
    Adding(length=100),
    Recurrent("GRU", hidden=64),
    Training(steps=2000, batch_size=128, learning_rate=1e-2, schedule="cosine"),
)
