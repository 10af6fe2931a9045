"""Mackey-Glass: a chaotic series with a delay of 17, foreseen 15 steps ahead.

Voelker, Kajić & Eliasmith (2019), Legendre memory units, NeurIPS: four layers of LMU(49), there
trained on 32 fixed series of 5,000 steps, have an error of 0.049 standard deviations, LSTMs of that
size 0.059 (in a later version of the authors' code). Here series are new at each update and 500
steps long, and the first steps of a series are the hardest. In one run of five minutes on two cores
`nrmse` was 0.070 on the test part. Repeating the present value has 1.62.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import MackeyGlass

EXPERIMENT = Experiment(
    MackeyGlass(length=500, ahead=15, transient=100, mean=-0.066),
    Recurrent("LMU(49, order=4, theta=4)", layers=4),
    Training(steps=1000, batch_size=32, learning_rate=5e-3, schedule="cosine"),
)
