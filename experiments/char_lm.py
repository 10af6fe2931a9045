"""A language model: say which character of a text comes next.

Truncated backpropagation through time, the state carried from window to window. It reads the
documentation of Python's standard library, or with `--text=FILE` a text of yours. Then the same
command with `--generate=500 --prompt="The "` writes, and with `--score="A sentence."` says how
likely that is.

Mikolov et al. (2010), Recurrent neural network based language model, Interspeech; Graves (2013),
Generating sequences with recurrent neural networks, arXiv:1308.0850.
"""

from rnnjax.settings import Embedded, Experiment, Training
from rnnjax.tasks import Text

EXPERIMENT = Experiment(
    Text(unit="characters", window=64),
    Embedded("LSTM", hidden=256, embedding=64),
    Training(steps=1200, batch_size=64, learning_rate=5e-3, schedule="cosine"),
)
