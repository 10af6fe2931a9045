"""Disks that are full: a small file system that a run fills up, and failures at each place."""

import errno
import gc
import os
import subprocess
import warnings

import numpy as np
import pytest

from rnnjax.lab.main import main
from rnnjax.runs import recording, run
from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint
from rnnjax.runs.figures import style
from rnnjax.runs.saving import saving
from rnnjax.runs.step_files import StepFiles
from tests.faults.comparing import assert_ends_as, steps_in
from tests.lab.launching import launched

FULL = pytest.mark.full
RUN = ("--experiment=adding", "--cell=Elman(2)", "--length=4", "--steps=40", "--batch_size=4")
RUN += ("--eval_every=10",)


def no_room(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Returns the folder of a run with figures."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    done = launched(*RUN, f"--workdir={folder}")
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def disk(tmp_path):
    """Returns what gives a small file system its size, and its folder."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def size(kilobytes, *, again=False):
        how = f"remount,size={kilobytes}k" if again else f"size={kilobytes}k"
        command = ("mount", "-t", "tmpfs", "-o", how, "tmpfs", str(folder))
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no small file system can be made here")
        return folder

    yield size
    with warnings.catch_warnings():  # a figure that fails leaves its fonts open
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    subprocess.run(("umount", "-l", str(folder)), check=False, capture_output=True)


def one_line(done):
    """Returns the error of a run, the lines of its progress left out."""
    (line,) = [line for line in done.err.splitlines() if not line.startswith("step ")]
    return line


@pytest.mark.parametrize(
    "target",
    [
        pytest.param((StepFiles, "write"), id="checkpoint"),
        pytest.param((recording.Recorder, "write"), id="metrics", marks=FULL),
        pytest.param((run, "write_summary"), id="summary", marks=FULL),
    ],
)
def test_a_disk_that_is_full_at_one_place_is_a_failure_in_a_line(
    tmp_path, monkeypatch, tell, undisturbed, target
):
    folder = tmp_path / "run"
    with monkeypatch.context() as broken:
        broken.setattr(*target, no_room)
        failed = launched(*RUN, f"--workdir={folder}", "--nofigures")
    assert failed.code == 1
    assert one_line(failed) == "error: /somewhere: No space left on device"
    assert launched(*RUN, f"--workdir={folder}").code == 0
    assert_ends_as(folder, undisturbed)
    tell("a run", f"a full disk at {target[0].__name__.rpartition('.')[2]}", 1, "one line, code 1")


@pytest.mark.full
def test_figures_that_fail_are_a_warning_and_come_when_the_run_is_looked_up(
    tmp_path, monkeypatch, tell, undisturbed, caplog
):
    folder = tmp_path / "run"
    with monkeypatch.context() as broken:
        broken.setattr(style, "write_bytes", no_room)
        done = launched(*RUN, f"--workdir={folder}")
    assert done.code == 0
    (said,) = [record.getMessage() for record in caplog.records]
    assert said == (
        f"{folder}: the figures could not be drawn: No space left on device, the same command "
        "tries again"
    )
    assert not list(folder.glob("*.png"))
    assert launched(*RUN, f"--workdir={folder}", "--nofigures").code == 0
    assert not list(folder.glob("*.png"))
    assert launched(*RUN, f"--workdir={folder}").code == 0
    assert_ends_as(folder, undisturbed)
    figures = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.p*")}
    assert len(figures) == 6
    assert launched(*RUN, f"--workdir={folder}").code == 0  # they are drawn once
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*.p*")} == figures
    tell("a run", "figures that fail", 1, "a warning, code 0; drawn when the run is looked up")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_what_a_disk_comes_to_is_no_wrong_input(monkeypatch, capsys, code):
    def fails():
        with saving("/somewhere"):
            raise ValueError(f"DATA_LOSS: Failed to write [os_error_code='{code}']\nmore")

    monkeypatch.setattr("rnnjax.lab.main._dispatch", lambda *_: fails())
    assert main(["launch.py"]) == 1
    assert capsys.readouterr().err == f"error: /somewhere: {os.strerror(code)}\n"


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOTDIR])
def test_a_folder_that_cannot_be_made_is_wrong_input(monkeypatch, code):
    def refuses(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("pathlib.Path.mkdir", refuses)
    done = launched(*RUN, "--workdir=/nowhere/run")
    assert done.code == 2
    assert one_line(done) == f"error: workdir /nowhere/run cannot be written: {os.strerror(code)}"


def _fill(checkpoints, state):
    for step in range(1, 100):
        checkpoints.save(step, state)
        state = state | {f"more{step}": np.ones(9 * step)}


@FULL
def test_saves_on_a_disk_that_fills_up_say_one_thing(disk, tell):
    state = {f"w{n}": np.random.default_rng(n).normal(size=(20, 20)) for n in range(12)}
    sizes = range(40, 240, 10)
    for kilobytes in sizes:
        folder = disk(kilobytes) / "checkpoints"
        with Checkpoints(folder) as checkpoints, pytest.raises(OSError, match="No space left"):
            _fill(checkpoints, state)
        if steps := steps_in(folder.parent):
            step, found = read_checkpoint(folder)
            assert step == steps[-1]
            np.testing.assert_array_equal(found["w3"], state["w3"])
        subprocess.run(("umount", "-l", str(folder.parent)), check=True)
    tell("a checkpoint", "a disk that fills up", len(sizes), "one error; earlier steps restore")


@FULL
def test_a_run_on_a_disk_that_fills_up_goes_on_when_there_is_room(disk, tell, undisturbed):
    kilobytes, times, codes = 8, 0, set()
    while 0 not in codes:
        folder = disk(kilobytes) / "run"
        failed = launched(*RUN, f"--workdir={folder}")
        codes.add(failed.code)
        assert "Traceback" not in failed.err
        if failed.code:
            assert failed.code == 1
            assert one_line(failed).startswith("error: ")
            assert one_line(failed).endswith("No space left on device")
            if (folder / "checkpoints").is_dir() and (steps := steps_in(folder)):
                assert read_checkpoint(folder / "checkpoints")[0] == steps[-1]
        disk(8192, again=True)
        assert launched(*RUN, f"--workdir={folder}").code == 0
        assert_ends_as(folder, undisturbed)
        subprocess.run(("umount", "-l", str(folder.parent)), check=True)
        kilobytes, times = int(kilobytes * 1.4) + 4, times + 1
    tell(
        "a run",
        "a disk that fills up, of any size",
        times,
        "one line, code 1; with room again the same metrics and parameters, bit for bit",
    )


@FULL
def test_a_sweep_on_a_disk_that_fills_up_goes_on_when_there_is_room(disk, tell, tmp_path):
    words = (*RUN, "--sweep=seed=0:2", "--population=1")
    kilobytes, times, codes = 20, 0, set()
    assert launched(*words, f"--workdir={tmp_path / 'undisturbed'}").code == 0
    while 0 not in codes:
        folder = disk(kilobytes) / "sweep"
        failed = launched(*words, f"--workdir={folder}")
        codes.add(failed.code)
        if failed.code:
            lines = failed.err.splitlines()
            assert failed.code == 1, failed.err
            assert [line for line in lines if line.startswith("error: ")] == lines[-1:]
            assert "Traceback" not in failed.err
        disk(16_384, again=True)
        assert launched(*words, f"--workdir={folder}").code == 0
        for number in ("0000", "0001"):
            wanted = tmp_path / "undisturbed" / "points" / number
            assert_ends_as(folder / "points" / number, wanted)
        subprocess.run(("umount", "-l", str(folder.parent)), check=True)
        kilobytes, times = int(kilobytes * 1.5), times + 1
    tell("a sweep", "a disk that fills up, of any size", times, "one line, code 1; goes on")
