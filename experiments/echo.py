"""Echo: say each random bit again, learned by truncated backpropagation.

A long series is cut in windows. Each window starts from the state in which the one before ended;
the gradient stops between them. Williams & Peng (1990), Neural Computation 2.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Echo

EXPERIMENT = Experiment(
    Echo(delay=3, length=10_000, window=15),
    Recurrent("Elman", hidden=4),
    Training(steps=2000, batch_size=5, learning_rate=1e-2, schedule="cosine"),
)
