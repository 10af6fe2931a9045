"""Handwritten digits seen at once, by the feed-forward net that recurrent ones are compared with.

Two hidden layers of 256 and 1,024 relu units and ten outputs, unless `--widths` says otherwise.
"""

from rnnjax.settings import Experiment, FeedForward, Training
from rnnjax.tasks import Images

EXPERIMENT = Experiment(
    Images("mnist", order="rows"),
    FeedForward((256, 1024)),
    Training(steps=4000, batch_size=128, learning_rate=1e-3, schedule="cosine"),
)
