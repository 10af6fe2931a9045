"""Multi-query associative recall: say the values of four keys when they come again.

Arora et al. (2023), Zoology, arXiv:2312.04927, figure 2, with a vocabulary of 256 and not 8192, so
that it is learned on a CPU; `--vocabulary=8192` is the paper's. Values that are remembered without
their keys leave a loss of ln 4.
"""

from rnnjax.settings import Embedded, Experiment, Training
from rnnjax.tasks import MQAR

EXPERIMENT = Experiment(
    MQAR(length=64, pairs=4, vocabulary=256),
    Embedded("DeltaNet", hidden=64, layers=2, embedding=64),
    Training(steps=4000, batch_size=64, learning_rate=3e-3, schedule="cosine"),
)
