"""Copying: repeat ten symbols after a long silence.

Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9; in the form of
Arjovsky, Shah & Bengio (2016), arXiv:1511.06464, section 5.1. The best that a network without
memory can do is a loss of 10 ln 8 / (delay + 20).
"""

from absl import flags

from experiments import _flags, _main, _run
from rnnjax import tasks

FLAGS = flags.FLAGS

_flags.define_cell("GRU", hidden=128)
_flags.define_training(steps=5000, batch_size=128, learning_rate=3e-3, schedule="cosine")
_flags.define_sweep()
flags.DEFINE_integer("delay", 20, "Silent steps, the marker's among them.", lower_bound=1)


def problem() -> _run.Problem:
    """Returns what is trained."""
    return _run.on_task(tasks.Copying(FLAGS.delay))


def main() -> None:
    """Runs the experiment."""
    _main.main(problem)
