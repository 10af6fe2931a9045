import os
import pathlib
import shutil
import sys

import pytest

from rnnjax.sweeps.executors import Command, Debug, Local, Slurm, start_workers
from rnnjax.sweeps.units import Counts, progress_of
from tests.sweeps.conftest import until


def python(text, **env):
    return Command((sys.executable, "-c", text), env)


def ended(worker):
    until(lambda: worker.poll() is not None)
    return worker.poll()


def test_local_workers_write_logs_get_their_variables_and_return_their_codes(tmp_path):
    text = "import os, sys; print(os.environ['CORE'], os.environ['PATH'] != ''); sys.exit('no')"
    commands = [python(text, CORE="0"), python("print('second')"), python(text, CORE="2")]
    workers = start_workers(Local(), commands, tmp_path / "workers")
    assert [ended(worker) for worker in workers] == [1, 0, 1]
    logs = [(tmp_path / "workers" / f"worker-{number}.log") for number in range(3)]
    assert [worker.output for worker in workers] == [str(log) for log in logs]
    assert [log.read_text() for log in logs] == ["0 True\nno\n", "second\n", "2 True\nno\n"]
    again = start_workers(Local(), [python("print('again')")], tmp_path / "workers")
    assert ended(again[0]) == 0
    assert logs[0].read_text() == "0 True\nno\nagain\n"


def test_a_local_worker_can_be_stopped_as_by_ctrl_c_and_killed(tmp_path):
    text = "import time\nprint('here', flush=True)\ntry: time.sleep(60)\nexcept KeyboardInterrupt:"
    commands = [python(f"{text} raise SystemExit(130)"), python(f"{text} time.sleep(60)")]
    workers = start_workers(Local(), commands, tmp_path)
    until(lambda: all("here" in pathlib.Path(worker.output).read_text() for worker in workers))
    for worker in workers:
        worker.stop()
    assert ended(workers[0]) == 130
    assert workers[1].poll() is None
    workers[1].kill()
    assert workers[1].poll() == -9
    workers[0].stop()  # it has ended: nothing happens


def test_a_program_that_is_not_there_gets_one_line_and_leaves_no_worker(tmp_path):
    commands = [
        python("import time; time.sleep(60)"),
        Command((str(tmp_path / "nothing"),), {}),
    ]
    with pytest.raises(ValueError, match="nothing cannot be run: No such file or directory"):
        start_workers(Local(), commands, tmp_path)


def test_debug_runs_one_after_another_at_this_terminal(tmp_path, capfd):
    commands = [python(f"print({n}); raise SystemExit({n})", N="1") for n in range(3)]
    workers = start_workers(Debug(), commands, tmp_path)
    assert [worker.poll() for worker in workers] == [0, 1, 2]
    assert [worker.output for worker in workers] == ["this terminal"] * 3
    assert capfd.readouterr() == ("0\n1\n2\n", "")
    assert list(tmp_path.glob("*.log")) == []


def test_a_debug_worker_does_a_study(site):
    study = site.planned(3)
    (worker,) = start_workers(Debug(), [Command(site.argv(), {})], site.folder / "workers")
    assert worker.poll() == 0
    assert progress_of(study) == Counts(3, 0, 0, 0)


def test_slurm_is_missed_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"^this machine has no Slurm: srun was not found$"):
        start_workers(Slurm(), [python("print(1)")], tmp_path / "workers")


# Slurm of one machine: a job is a process whose number is the job's.
SLURM = {
    "sbatch": """
        case "$(cat "$1")" in *--partition=closed*) echo "sbatch: error: closed" >&2; exit 1;; esac
        cp "$1" "$SLURM_HERE/batch"
        setsid sh -c 'export SLURM_JOB_ID=$$; exec sh "$1"' job "$1" >/dev/null 2>&1 &
        echo "Submitted batch job $!"
    """,
    "srun": 'while case "$1" in --*) true;; *) false;; esac; do shift;'
    ' case "$1" in /*%*) shift;; esac; done; exec "$@"',
    "sacct": """
        shift 3; echo "JobID|State|NodeList"
        while [ $# -gt 0 ]; do
            if kill -0 "$2" 2>/dev/null; then echo "$2|RUNNING|here"; else echo "$2|FAILED|here"; fi
            shift 2
        done
    """,
    "scancel": 'kill -9 "-$1"',
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


def test_a_worker_of_slurm_s_does_a_study_with_what_was_asked_for(site, slurm):
    study = site.planned(3)
    executor = Slurm(partition="gpu", cpus=3, gpus=2, minutes=7)
    (worker,) = start_workers(executor, [Command(site.argv(), {})], site.folder / "workers")
    assert worker.poll() is None
    asked = (slurm / "batch").read_text()
    for line in ("partition=gpu", "cpus-per-task=3", "gpus-per-node=2", "time=7"):
        assert f"#SBATCH --{line}\n" in asked
    assert ended(worker) == 0
    assert progress_of(study) == Counts(3, 0, 0, 0)
    assert pathlib.Path(worker.output).read_text() == ""


def test_a_refusal_of_slurm_s_is_one_line(tmp_path, slurm):
    with pytest.raises(ValueError, match=r"^Slurm refused a worker: sbatch: error: closed$"):
        start_workers(Slurm(partition="closed"), [python("print(1)")], tmp_path / "workers")


def test_a_job_of_slurm_s_can_be_cancelled(tmp_path, slurm, monkeypatch):
    monkeypatch.setattr("submitit.SlurmJob._results_timeout_s", 0)
    text = "import time; print('here', flush=True); time.sleep(60)"
    (worker,) = start_workers(Slurm(), [python(text)], tmp_path / "workers")
    log = pathlib.Path(worker.output)
    until(lambda: log.exists() and log.read_text() == "here\n")
    worker.stop()
    assert ended(worker) == 1
    worker.stop()  # it has ended: nothing happens
