import pathlib
import sys

import pytest

from rnnjax.sweeps.executors import Command, Debug, Local, start_workers
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


def test_a_local_worker_can_be_stopped_with_time_to_save_and_killed(tmp_path):
    text = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        "print('here', flush=True)\ntry: time.sleep(60)\nexcept KeyboardInterrupt:"
    )
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


@pytest.mark.full
def test_a_debug_worker_does_the_units(site):
    queue = site.planned(3)
    (worker,) = start_workers(Debug(), [Command(site.argv(), {})], site.folder / "workers")
    assert worker.poll() == 0
    assert progress_of(queue) == Counts(3, 0, 0, 0)
