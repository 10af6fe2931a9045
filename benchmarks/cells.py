"""Every cell learns to read digits for a few updates: what it reaches, how fast, how large it is.

    python -m benchmarks.cells --data_dir=FOLDER

Runs `--experiment=mnist_rnn --cell=NAME --steps=200` for each name, one after another, and writes
`benchmarks/results/cells.md`. A cell that is not made by its width alone is given what it needs.
"""

import json
import pathlib
import sys
import tempfile
import time

import jax
from absl import flags
from rich.progress import track

from benchmarks.command import carry_out
from rnnjax import cells, lab

_STEPS = flags.DEFINE_integer("steps", 200, "Updates of a run.", lower_bound=1)
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of MNIST's four files.")
_ONLY = flags.DEFINE_list("only", None, "Names of cells; by default all.")

_PAGE = pathlib.Path(__file__).parent / "results" / "cells.md"
_CALLS = {  # 28 numbers a step, as images of 7 x 4
    "ConvGRU": "ConvGRU(4, image=(7, 4))",
    "ConvLSTM": "ConvLSTM(4, image=(7, 4))",
}


def learned(name: str, folder: pathlib.Path) -> tuple[str, ...]:
    """Trains a cell and returns its row of the table."""
    steps = _STEPS.value
    begin = time.perf_counter()
    run = lab.run(
        "mnist_rnn",
        workdir=folder,
        figures=False,
        cell=_CALLS.get(name, name),
        steps=steps,
        log_every=steps // 20 or 1,
        eval_every=steps,
        data_dir=_DATA_DIR.value,
    )
    seconds = time.perf_counter() - begin
    summary = json.loads((folder / "summary.json").read_text())
    losses = run.metrics.query("split == 'train'")["loss"].to_numpy()
    return (
        f"`{_CALLS.get(name, name)}`",
        f"{summary['parameters']:,}",
        f"{losses[0]:.3f}",
        f"{losses[-1]:.3f}",
        f"{100 * summary['final']['test']['accuracy']:.1f} %",
        f"{summary['examples_per_second']:,.0f}",
        f"{seconds:.0f}",
    )


def page_of(lines: list[str]) -> str:
    """The table with what made it."""
    head = "| cell | parameters | loss at first | loss at last | test | images/s | seconds in all |"
    command = f"python -m benchmarks.cells --steps={_STEPS.value} --data_dir=FOLDER"
    return "\n".join(
        [
            f"`{command}`, jax {jax.__version__}, {jax.device_count()} devices, 128 units, the "
            "learning rate and all else of `mnist_rnn`.",
            "",
            head,
            "|---" * 7 + "|",
            *lines,
            "",
        ]
    )


def main() -> None:
    """Writes the table, a row whenever a cell is done, and prints it."""
    lines = []
    for name in track(_ONLY.value or cells.__all__, "cells"):
        with tempfile.TemporaryDirectory() as made:
            lines.append(f"| {' | '.join(learned(name, pathlib.Path(made) / 'run'))} |")
        jax.clear_caches()
        if _ONLY.value is None:
            _PAGE.write_text(page_of(lines))
    print(page_of(lines))


if __name__ == "__main__":
    sys.exit(carry_out(main))
