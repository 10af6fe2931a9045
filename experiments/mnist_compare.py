"""Feed-forward against recurrent: both nets on the same digits, side by side in one table.

Both are trained with the same batches, optimizer and number of updates.
"""

from rnnjax.settings import Experiment, FeedForward, Recurrent, Training
from rnnjax.tasks import Images

EXPERIMENT = Experiment(
    Images("mnist", order="rows"),
    {"mlp": FeedForward((256, 1024)), "rnn": Recurrent("LSTM", hidden=128)},
    Training(steps=4000, batch_size=128, learning_rate=2e-3, schedule="cosine"),
)
