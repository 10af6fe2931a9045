"""Counting: as many b as a, a^n b^n. Trained with an n to 10, tested to 50.

Gers & Schmidhuber (2001), LSTM recurrent networks learn simple context-free and context-sensitive
languages, IEEE Transactions on Neural Networks 12: cells that count, with peepholes.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Counting

EXPERIMENT = Experiment(
    Counting(repeats=10, letters=2, tested=50),
    Recurrent("PeepholeLSTM", hidden=4),
    Training(steps=4000, batch_size=32, learning_rate=1e-2, schedule="cosine"),
)
