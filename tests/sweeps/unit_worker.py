"""A worker, or with --launch a launcher of two, over units that only write down that they ran."""

import argparse
import os
import pathlib
import signal
import sys
import time

import optuna

from rnnjax.sweeps.executors import Command, Local, start_workers
from rnnjax.sweeps.study import Heartbeat, open_study
from rnnjax.sweeps.units import plan_units
from rnnjax.sweeps.watching import watch
from rnnjax.sweeps.working import work

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--hold", type=int, default=-1)  # a unit whose first try never ends
parser.add_argument("--die", type=int, default=-1)  # a unit that kills its worker
parser.add_argument("--suggest", action="store_true")
parser.add_argument("--launch", type=int, default=0)  # units to plan
args = parser.parse_args()


def objective(trial: optuna.Trial, unit: int) -> float:
    value = trial.suggest_float("x", 0, 1) if args.suggest else float(unit)
    with (args.folder / "begun.txt").open("a") as file:
        file.write(f"{unit}\n")
    if unit == args.die:
        os.kill(os.getpid(), signal.SIGKILL)
    held = args.folder / "held"
    if unit == args.hold and not held.exists():
        (args.folder / "holding").write_text(str(os.getpid()))
        (args.folder / "holding").rename(held)
        time.sleep(600)
    time.sleep(0.02)
    return value


study = open_study(
    str(args.folder / "study.db"),
    "units",
    higher_is_better=True,
    sampler=optuna.samplers.TPESampler(n_startup_trials=5, seed=os.getpid()),
    heartbeat=Heartbeat(1, 2),
)
if args.launch:
    plan_units(study, args.launch)
    argv = (sys.executable, __file__, str(args.folder), f"--hold={args.hold}")
    workers = start_workers(Local(), [Command(argv, {})] * 2, args.folder / "workers")
    print(watch(workers, study))
else:
    work(study, objective)
