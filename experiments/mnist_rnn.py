"""Handwritten digits as sequences, read by a recurrent network.

An image is read row by row, 28 steps of 28 numbers (`--order=rows`), or pixel by pixel, 784 steps,
in order or under one fixed permutation (`--order=pixels|permuted`). The output of the last step, or
the mean of all, is classified.

Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified linear units,
arXiv:1504.00941 (pixels, permuted).
"""

from absl import flags

from experiments import _common, _flags, _main, _run
from rnnjax import models, training

FLAGS = flags.FLAGS
_READOUTS = {"last": models.Last, "mean": models.Mean}

_flags.define_images()
_flags.define_cell("LSTM", hidden=128)
_flags.define_training(steps=4000, batch_size=128, learning_rate=3e-3, schedule="cosine")
_flags.define_sweep()
flags.DEFINE_boolean("bidirectional", False, "Whether each layer runs both ways.")
flags.DEFINE_enum("readout", "last", sorted(_READOUTS), "Which outputs are classified.")


def problem() -> _run.Problem:
    """Returns what is trained."""
    readout = _READOUTS[FLAGS.readout]
    model = _common.read_model(readout, 10, bidirectional=FLAGS.bidirectional)
    objective = training.on_sequences(model, training.Classification())
    return _run.on_images(objective, _common.read_images())


def main() -> None:
    """Runs the experiment."""
    _main.main(problem)
