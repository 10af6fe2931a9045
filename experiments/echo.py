"""Echo: say each random bit again, learned by truncated backpropagation.

A long series is cut in windows. Each window starts from the state in which the one before ended;
the gradient stops between them. Williams & Peng (1990), Neural Computation 2.
"""

from absl import flags

from experiments import _common, _flags, _main, _run
from rnnjax import models, tasks, training

FLAGS = flags.FLAGS

_flags.define_cell("Elman", hidden=4)
_flags.define_training(steps=2000, batch_size=5, learning_rate=1e-2, schedule="cosine")
_flags.define_sweep()
flags.DEFINE_integer("delay", 3, "Steps from a bit to its echo.", lower_bound=1)
flags.DEFINE_integer("window", 15, "Steps of a window.", lower_bound=1)
flags.DEFINE_integer("length", 10_000, "Steps of a whole series.", lower_bound=2)


def problem() -> _run.Problem:
    """Returns what is trained."""
    task = tasks.Echo(FLAGS.delay, FLAGS.length)
    if FLAGS.window > FLAGS.length:
        raise ValueError(f"--window={FLAGS.window} is longer than --length={FLAGS.length}")
    if FLAGS.length // FLAGS.window * FLAGS.window <= FLAGS.delay:
        raise ValueError(f"--delay={FLAGS.delay} leaves no echo in the windows of a series")
    source = training.WindowSource(task, FLAGS.batch_size, FLAGS.window, FLAGS.length)
    return _run.Problem(
        training.on_windows(_common.read_model(models.All, task.output_dim), task),
        source,
        source,
        best="loss",
        data="echo",
        about=f"{task}, {FLAGS.batch_size} series at once in windows of {FLAGS.window} steps",
        baseline=task.baseline,
    )


def main() -> None:
    """Runs the experiment."""
    _main.main(problem)
