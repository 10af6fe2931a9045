"""Feed-forward against recurrent: both nets on the same digits, side by side in one table.

Both are trained with the same batches, optimizer and number of updates.
"""

from absl import flags
from rich.console import Console
from rich.table import Table

from experiments import _common, _flags, _run
from rnnjax import models, training

FLAGS = flags.FLAGS

_flags.define_images()
_flags.define_cell("LSTM", hidden=128)
_flags.define_widths()
_flags.define_training(steps=4000, batch_size=128, learning_rate=2e-3, schedule="cosine")


def main() -> None:
    """Runs the experiment."""
    devices = _common.use_devices()
    judge, mlp = training.Classification(), _common.read_mlp(10)
    objectives = {
        "mlp": training.on_flattened(mlp, judge),
        "rnn": training.on_sequences(_common.read_model(models.Last, 10), judge),
    }
    cell = FLAGS.cell if "(" in FLAGS.cell else f"{FLAGS.cell}({FLAGS.hidden})"
    names = {"mlp": f"MLP {'-'.join(map(str, mlp.widths))}", "rnn": cell}
    images = _common.read_images()
    table = Table("network", title=f"{FLAGS.steps} updates, {images.token}, read by {FLAGS.order}")
    for column in ("parameters", "test accuracy", "best", "seconds", "examples/s"):
        table.add_column(column, justify="right")
    problems = {part: _run.on_images(objective, images) for part, objective in objectives.items()}
    for problem in problems.values():
        _run.check(problem)
    words = ["mnist_compare"]
    for part, problem in problems.items():
        summary = _run.train(problem, devices, part=part)
        words.append(f"{part}_test_accuracy={summary['final']['accuracy']:.4g}")
        table.add_row(
            names[part],
            f"{summary['parameters']:,}",
            f"{summary['final']['accuracy']:.4f}",
            f"{summary['best']['accuracy']:.4f}",
            f"{summary['seconds']:.1f}",
            f"{summary['examples_per_second']:,.0f}",
        )
    Console().print(table)
    print(*words, f"steps={FLAGS.steps}", f"data={images.token}")
