"""Every cell learns to read digits for a few updates: what it reaches, how fast, how large it is.

    python -m benchmarks.cells --data_dir=FOLDER

Runs `--experiment=mnist_rnn --cell=NAME --steps=200` for each name, one after another, and writes
`benchmarks/results/cells.md`, a row whenever a cell is done; `--only` writes those rows anew. A
cell that is not made by its width alone is given what it needs, a matrix memory eight heads, and
one that takes time as the square of its units fewer of them.
"""

import inspect
import json
import pathlib
import re
import sys
import tempfile
import time

import jax
from absl import flags
from rich.progress import track

from benchmarks.command import carry_out, named
from rnnjax import cells, lab

_STEPS = flags.DEFINE_integer("steps", 200, "Updates of a run.", lower_bound=1)
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of MNIST's four files.")
_ONLY = flags.DEFINE_list("only", None, "Names of cells; by default all, in a new table.")

_PAGE = pathlib.Path(__file__).parent / "results" / "cells.md"
_CALLS = {  # 28 numbers a step, as images of 7 x 4
    "ConvGRU": "ConvGRU(4, image=(7, 4))",
    "ConvLSTM": "ConvLSTM(4, image=(7, 4))",
    "LayerNormLSTM": "LayerNormLSTM(128, eps=0.01)",  # else blank rows make gradients overflow
    "LTC": "LTC(32)",
    "MCLSTM": "MCLSTM(64, mass_inputs=14)",
}
_SHORT = {"LTC", "Mamba", "MCLSTM", "MultiplicativeRNN"}


def readout_of(name: str) -> str:
    """Returns what is classified: usually the last output.

    That of a matrix memory and of `Mamba` is what the last input asks for, and the last row of a
    digit is blank; a blank row leaves `MultiplicativeRNN` nothing; the other two know little more
    than the last rows.
    """
    of_matrices = ".matrix." in getattr(cells, name).__module__
    return "mean" if of_matrices or name in _SHORT else "last"


def call_of(name: str) -> str:
    """Returns the cell as `--cell` takes it."""
    has_heads = "heads" in inspect.signature(getattr(cells, name)).parameters
    return _CALLS.get(name, f"{name}(128, heads=8)" if has_heads else name)


def learned(name: str, folder: pathlib.Path) -> str:
    """Trains a cell and returns its row of the table."""
    steps = _STEPS.value
    begin = time.perf_counter()
    run = lab.run(
        "mnist_rnn",
        workdir=folder,
        figures=False,
        cell=call_of(name),
        readout=readout_of(name),
        steps=steps,
        log_every=steps // 20 or 1,
        eval_every=steps,
        data_dir=_DATA_DIR.value,
    )
    seconds = time.perf_counter() - begin
    summary = json.loads((folder / "summary.json").read_text())
    losses = run.metrics.query("split == 'train'")["loss"].to_numpy()
    columns = (
        f"`{call_of(name)}`",
        readout_of(name),
        f"{summary['parameters']:,}",
        f"{losses[0]:.3f}",
        f"{losses[-1]:.3f}",
        f"{100 * summary['final']['test']['accuracy']:.1f} %",
        f"{summary['examples_per_second']:,.0f}",
        f"{seconds:.0f}",
    )
    return f"| {' | '.join(columns)} |"


def page_of(rows: dict[str, str]) -> str:
    """The table with what made it."""
    head = (
        "| cell | readout | parameters | loss at first | loss at last | test | images/s "
        "| seconds in all |"
    )
    command = f"python -m benchmarks.cells --steps={_STEPS.value} --data_dir=FOLDER"
    return "\n".join(
        [
            f"`{command}`, jax {jax.__version__}, {jax.device_count()} cores that were busy with "
            "other work as well; 128 units where no number is said, the learning rate and all else "
            "of `mnist_rnn`.",
            "",
            head,
            "|---" * 8 + "|",
            *(rows[name] for name in cells.__all__ if name in rows),
            "",
        ]
    )


def rows_of(page: str) -> dict[str, str]:
    """Returns the rows of a table by their cells."""
    return {row[1]: row[0] for row in re.finditer(r"^\| `(\w+).*$", page, re.MULTILINE)}


def main() -> None:
    """Writes the table, a row whenever a cell is done, and prints it."""
    some = None if _ONLY.value is None else named("only", _ONLY.value, cells.__all__)
    rows = {} if some is None else rows_of(_PAGE.read_text())
    for name in track(some or cells.__all__, "cells"):
        with tempfile.TemporaryDirectory() as made:
            rows[name] = learned(name, pathlib.Path(made) / "run")
        jax.clear_caches()
        _PAGE.write_text(page_of(rows))
    print(page_of(rows))


if __name__ == "__main__":
    sys.exit(carry_out(main))
