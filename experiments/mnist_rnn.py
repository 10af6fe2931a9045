"""Handwritten digits as sequences, read by a recurrent network.

An image is read row by row, 28 steps of 28 numbers (`--order=rows`), or pixel by pixel, 784 steps,
in order or under one fixed permutation (`--order=pixels|permuted`). The output of the last step, or
the mean of all, is classified.

Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified linear units,
arXiv:1504.00941 (pixels, permuted).
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Images

EXPERIMENT = Experiment(
    Images("mnist", order="rows"),
    Recurrent("LSTM", hidden=128),
    Training(steps=4000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
