"""A population as one program against its runs one after another, each a process of its own.

    python -m benchmarks.population

32 seeds and 4 learning rates of LSTM(32) on the adding task. All 128 runs are made by one command;
of those one by one `--alone` are made and the time of 128 is reckoned from their median. Nothing is
cached: every process compiles. A run alone has the machine to itself, once on one device, which the
speed is compared with, and once on as many as it chooses.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from absl import flags

from benchmarks.command import carry_out

_ALONE = flags.DEFINE_integer("alone", 4, "Runs alone that are made.", lower_bound=1)
_STEPS = flags.DEFINE_integer("steps", 300, "Updates of a run.", lower_bound=1)
_LENGTH = flags.DEFINE_integer("length", 50, "Steps of a sequence.", lower_bound=2)

_ROOT = pathlib.Path(__file__).parents[1]
_SEEDS, _RATES = 32, ("1e-3", "3e-3", "1e-2", "3e-2")


def timed(folder: pathlib.Path, *argv: str) -> float:
    """Runs the launcher and returns the seconds that it took."""
    command = (
        *(sys.executable, str(_ROOT / "launch.py"), "--experiment=adding", "--cell=LSTM"),
        *("--hidden=32", f"--steps={_STEPS.value}", f"--length={_LENGTH.value}"),
        *("--log_every=50", "--eval_every=100", "--compilation_cache=none"),
        *(f"--workdir={folder}", *argv),
    )
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def speed(folder: pathlib.Path) -> float:
    """Returns the sequences trained on a second, as a run's summary says."""
    return json.loads((folder / "summary.json").read_text())["examples_per_second"]


def main() -> None:
    """Times both and prints the ratios."""
    count = _SEEDS * len(_RATES)
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        sweep = f"--sweep=learning_rate={','.join(_RATES)};seed=0:{_SEEDS}"
        together = timed(folder / "sweep", sweep)
        fast = count * speed(folder / "sweep" / "points" / "0000")  # which is of a member
        alone, speeds = [], []
        for i in range(_ALONE.value):
            argv = (f"--learning_rate={_RATES[i % len(_RATES)]}", f"--seed={i}")
            alone.append(timed(folder / f"{i}", *argv))
            timed(folder / f"{i}-one", *argv, "--devices=1")
            speeds.append(speed(folder / f"{i}-one"))
    one, slow = statistics.median(alone), statistics.median(speeds)
    print(f"{count} runs of {_STEPS.value} updates, LSTM(32), {_LENGTH.value} steps, batch 128:")
    print(f"  as one program  {together:7.1f} s  {fast:9,.0f} sequences/s")
    print(f"  one by one      {count * one:7.1f} s  ({count} x {one:.2f} s)")
    print(f"  one alone, one device      {slow:9,.0f} sequences/s")
    print(f"  time {count * one / together:.1f}x, sequences/s {fast / slow:.2f}x")


if __name__ == "__main__":
    sys.exit(carry_out(main))
