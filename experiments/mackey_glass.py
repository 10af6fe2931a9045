"""Mackey-Glass: a chaotic series with a delay of 17, foreseen 15 steps ahead.

Voelker, Kajić & Eliasmith (2019), Legendre memory units, NeurIPS.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import MackeyGlass

EXPERIMENT = Experiment(
    MackeyGlass(length=500, ahead=15, transient=100, mean=-0.066),
    Recurrent("LMU(49, order=4, theta=4)", layers=4),
    Training(steps=1000, batch_size=32, learning_rate=5e-3, schedule="cosine"),
)
