"""Selective copying: repeat four symbols that lie among sixty-four blanks.

Gu & Dao (2023), Mamba, arXiv:2312.00752, section 4.1.1, in a small setting; theirs is
`--blanks=4096 --symbols=16 --alphabet=14`. A guess has a loss of ln 4.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import SelectiveCopying

EXPERIMENT = Experiment(
    SelectiveCopying(blanks=64, symbols=4, alphabet=4),
    Recurrent("MinGRU", hidden=64, layers=3),
    Training(steps=2000, batch_size=64, learning_rate=3e-3, schedule="cosine"),
)
