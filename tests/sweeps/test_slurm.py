import os
import pathlib
import shutil
import signal
import sys
import threading

import pytest
from submitit.core.utils import UncompletedJobError

from rnnjax.sweeps import slurm as slurm_module
from rnnjax.sweeps.executors import Command, start_workers
from rnnjax.sweeps.slurm import Slurm, check_slurm, read_slurm
from rnnjax.sweeps.units import Counts, progress_of, tries_of
from rnnjax.sweeps.workers import Watchdog, WorkerState, state_of_worker
from tests.sweeps.conftest import until


def python(text, **env):
    return Command((sys.executable, "-c", text), env)


def ended(worker):
    until(lambda: worker.poll() is not None)
    return worker.poll()


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        (None, {}),
        (
            "partition=gpu, cpus=2,gpus=1,minutes=90",
            {"partition": "gpu", "cpus_per_task": 2, "gpus_per_node": 1, "time": 90},
        ),
        ("account=lab,qos=long", {"account": "lab", "qos": "long"}),
        ("mem_gb=2.5,exclusive=true,gpus=0", {"mem": "2560MB", "exclusive": True}),
        ("nodelist=n1,n2,n3,comment=a=b", {"nodelist": "n1,n2,n3", "comment": "a=b"}),
        (
            "setup=module load cuda,setup=export A=1,2",
            {"setup": ("module load cuda", "export A=1,2")},
        ),
    ],
)
def test_what_is_asked_is_read_into_submitit_s_names(text, parameters):
    assert dict(read_slurm(text).parameters) == parameters


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("partitoin=gpu", r"--slurm: no 'partitoin'; one of account, array_parallelism, .* wckey"),
        ("gpus", "--slurm: 'gpus' is no name=value"),
        ("gpus=", "--slurm: 'gpus=' is no name=value"),
        ("gpus=two", "--slurm: gpus=two is no number of gpus"),
        ("mem_gb=inf", "--slurm: mem_gb=inf is no number of mem_gb"),
        ("gpus=1,gpus_per_node=2", "--slurm: gpus_per_node is given twice"),
    ],
)
def test_what_slurm_does_not_know_is_refused_in_one_line(text, line):
    with pytest.raises(ValueError, match=f"^{line}$"):
        read_slurm(text)


def test_slurm_is_missed_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"^--executor=slurm: there is no sbatch here$"):
        check_slurm()
    with pytest.raises(ValueError, match=r"^this machine has no Slurm: srun was not found$"):
        start_workers(Slurm(), [python("print(1)")], tmp_path / "workers")


# Slurm of one machine: each job of an array is a process.
SLURM = {
    "sbatch": """
        case "$(cat "$1")" in *--partition=closed*) echo "sbatch: error: closed" >&2; exit 1;; esac
        cp "$1" "$SLURM_HERE/batch"
        export SLURM_JOB_ID=$$
        last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' "$1")
        for task in $(seq 0 "${last:-0}"); do
            name=$$
            if [ -n "$last" ]; then
                name=$$_$task
                export SLURM_ARRAY_JOB_ID=$$ SLURM_ARRAY_TASK_ID=$task
            fi
            setsid sh "$1" >"$SLURM_HERE/output-$name" 2>&1 &
            echo $! >"$SLURM_HERE/pid-$name"
        done
        echo "Submitted batch job $$"
    """,
    "srun": 'while case "$1" in --*) true;; *) false;; esac; do shift;'
    ' case "$1" in /*%*) shift;; esac; done; exec "$@"',
    "sacct": """
        echo "JobID|State|NodeList"
        for file in "$SLURM_HERE"/pid-*; do
            if kill -0 "$(cat "$file")" 2>/dev/null; then state=RUNNING; else state=FAILED; fi
            echo "${file##*/pid-}|$state|here"
        done
    """,
    "scancel": 'kill -9 "-$(cat "$SLURM_HERE/pid-$1")"',
}


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    if shutil.which("setsid") is None:
        pytest.skip("setsid is not here to stand for Slurm")
    folder = tmp_path / "slurm"
    folder.mkdir()
    for name, text in SLURM.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_HERE", str(folder))
    return folder


@pytest.mark.parametrize("site", ["study.journal"], indirect=True)
@pytest.mark.full
def test_workers_are_an_array_of_jobs_with_what_was_asked_for(site, slurm):
    queue = site.planned(5)
    executor = read_slurm("partition=gpu,cpus=3,gpus=2,minutes=7,setup=true")
    workers = start_workers(executor, [Command(site.argv(), {})] * 2, site.folder / "workers")
    asked = (slurm / "batch").read_text()
    wanted = ("partition=gpu", "cpus-per-task=3", "gpus-per-node=2", "time=7", "array=0-1%2")
    for line in wanted:
        assert f"#SBATCH --{line}\n" in asked
    assert "\n# setup\ntrue\n" in asked
    codes = [ended(worker) for worker in workers]
    assert codes == [0, 0], [path.read_text() for path in sorted(slurm.glob("output-*"))]
    assert progress_of(queue) == Counts(5, 0, 0, 0)
    assert site.begun() == [0, 1, 2, 3, 4]
    names = {trial.user_attrs["worker"] for [trial] in tries_of(queue).values()}
    assert names <= {worker.name for worker in workers}
    assert [pathlib.Path(worker.output).read_text() for worker in workers] == ["", ""]


@pytest.mark.parametrize("site", ["study.journal"], indirect=True)
@pytest.mark.full
def test_the_unit_of_a_job_that_slurm_ended_is_queued_again(site, slurm, monkeypatch):
    monkeypatch.setattr("submitit.SlurmJob._results_timeout_s", 0)
    queue = site.planned(1)
    command = Command(site.argv("--hold=0"), {})
    [worker] = start_workers(Slurm(), [command], site.folder / "workers")
    site.held()
    watchdog = Watchdog(queue)
    assert (watchdog.look(), state_of_worker(worker.name)) == (0, WorkerState.LIVES)
    worker.stop()
    until(lambda: watchdog.look() == 1)
    assert ended(worker) == 1
    assert progress_of(queue) == Counts(0, 0, 1, 0)
    worker.stop()  # it has ended: nothing happens


def test_a_refusal_of_slurm_s_is_one_line(tmp_path, slurm):
    with pytest.raises(ValueError, match=r"^Slurm refused the workers: sbatch: error: closed$"):
        start_workers(read_slurm("partition=closed"), [python("")], tmp_path / "workers")


def test_a_worker_has_time_to_give_its_unit_back_before_slurm_ends_it(tmp_path, monkeypatch):
    def warn(signal_number, frame):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGUSR2)  # it goes to all of the job
        raise UncompletedJobError("timed-out and not checkpointable")

    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    text = (
        "import os, pathlib, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        "print(os.environ['RNNJAX_WORKER'], flush=True)\n"
        "try: pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)\n"
        "except KeyboardInterrupt: time.sleep(0.1); sys.exit('given back')"
    )
    monkeypatch.chdir(tmp_path)
    before = signal.signal(signal.SIGUSR1, warn)
    here = threading.main_thread().ident
    waiting = threading.Thread(
        target=lambda: (
            until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text()),
            signal.pthread_kill(here, signal.SIGUSR1),
        )
    )
    waiting.start()
    try:
        assert slurm_module._run(python(text), str(tmp_path / "log")) == 1
    finally:
        waiting.join()
        signal.signal(signal.SIGUSR1, before)
    assert (tmp_path / "log").read_text() == "slurm/17\ngiven back\n"
