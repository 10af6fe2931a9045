"""Adding: the sum of two marked numbers in a long row.

Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9; in the form of Le,
Jaitly & Hinton (2015), arXiv:1504.00941. Always answering 1 has a loss of 1/6.
"""

from absl import flags

from experiments import _flags, _main, _run
from rnnjax import tasks

FLAGS = flags.FLAGS

_flags.define_cell("LSTM", hidden=128)
_flags.define_training(steps=5000, batch_size=128, learning_rate=3e-3, schedule="cosine")
_flags.define_sweep()
flags.DEFINE_integer("length", 100, "Steps of a sequence.", lower_bound=2)


def problem() -> _run.Problem:
    """Returns what is trained."""
    return _run.on_task(tasks.Adding(FLAGS.length))


def main() -> None:
    """Runs the experiment."""
    _main.main(problem)
