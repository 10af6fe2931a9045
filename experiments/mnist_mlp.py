"""Handwritten digits seen at once, by the feed-forward net that recurrent ones are compared with.

Two hidden layers of 256 and 1,024 relu units and ten outputs, unless `--widths` says otherwise.
"""

from absl import flags

from experiments import _common, _flags, _main, _run
from rnnjax import training

FLAGS = flags.FLAGS

_flags.define_images()
_flags.define_widths()
_flags.define_training(steps=4000, batch_size=128, learning_rate=1e-3, schedule="cosine")
_flags.define_sweep()


def problem() -> _run.Problem:
    """Returns what is trained."""
    model = _common.read_mlp(10)
    objective = training.on_flattened(model, training.Classification())
    return _run.on_images(objective, _common.read_images())


def main() -> None:
    """Runs the experiment."""
    _main.main(problem)
