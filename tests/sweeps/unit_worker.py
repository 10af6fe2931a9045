"""A worker, or with --launch a launcher of two, over units that only write down that they ran."""

import argparse
import os
import pathlib
import signal
import sys
import time
from collections.abc import Callable

from rnnjax.sweeps.executors import Command, Local, start_workers
from rnnjax.sweeps.progress import SweepProgress
from rnnjax.sweeps.study import Heartbeat, open_queue
from rnnjax.sweeps.units import plan_units
from rnnjax.sweeps.watching import watch
from rnnjax.sweeps.working import work

parser = argparse.ArgumentParser()
parser.add_argument("storage", type=pathlib.Path)
parser.add_argument("--hold", type=int, default=-1)  # a unit whose first try never ends
parser.add_argument("--die", type=int, default=-1)  # a unit that kills its worker
parser.add_argument("--launch", type=int, default=0)  # units to plan
args = parser.parse_args()
folder = args.storage.parent


def do(unit: int, saved: Callable[[], None]) -> None:
    with (folder / "begun.txt").open("a") as file:
        file.write(f"{unit}\n")
    if unit == args.die:
        os.kill(os.getpid(), signal.SIGKILL)
    held = folder / "held"
    if unit == args.hold and not held.exists():
        (folder / "holding").write_text(str(os.getpid()))
        (folder / "holding").rename(held)
        time.sleep(600)
    time.sleep(0.02)


queue = open_queue(str(args.storage), "sweep", heartbeat=Heartbeat(1, 2))
if args.launch:
    plan_units(queue, args.launch)
    argv = (sys.executable, __file__, str(args.storage), f"--hold={args.hold}")
    workers = start_workers(Local(), [Command(argv, {})] * 2, folder / "workers")
    with SweepProgress("sweep", show=False) as progress:
        print(watch(workers, queue, progress))
else:
    work(queue, do)
