"""Embedded Reber grammar: predict the next letter, and near the end the one that came second.

Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9, section 5.1: a cell
without a forget gate, with the paper's squashings (`scale=2`). Without memory of the second letter
the loss is 8 ln 2 / 11 = 0.504, with it 7 ln 2 / 11 = 0.441.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import EmbeddedReber

EXPERIMENT = Experiment(
    EmbeddedReber(),
    Recurrent("OriginalLSTM(8, scale=2.0)"),
    Training(steps=4000, batch_size=32, learning_rate=1e-2, schedule="cosine"),
)
