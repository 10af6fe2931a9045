"""Power cuts: a file system in an image that stops at once, with all that it had not yet stored."""

import fcntl
import os
import shutil
import subprocess

import numpy as np
import pytest

from rnnjax.runs.checkpoint import read_checkpoint
from tests.faults.comparing import assert_ends_as, steps_in
from tests.lab.processes import ECHO, finished, started, wait_for_lines

CUTS = 10
WORDS = ("--workdir=run", "--log_every=10", "--eval_every=20", "--steps=3000")
_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_WITHOUT_ITS_LOG = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH


class Disk:
    """A file system of its own, mounted at `folder`."""

    def __init__(self, image, folder):
        self.image, self.folder = image, folder
        folder.mkdir()
        image.touch()
        os.truncate(image, 64 << 20)
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)

    def mount(self):
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.folder)], check=True)

    def unmount(self):
        subprocess.run(["umount", str(self.folder)], check=False)

    def cut(self):
        """Lets nothing more reach the image."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        fcntl.ioctl(descriptor, _SHUTDOWN, np.uint32(_WITHOUT_ITS_LOG).tobytes())
        os.close(descriptor)


@pytest.fixture
def disk(tmp_path):
    if os.getuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("a file system in an image needs root and mkfs.ext4")
    disk = Disk(tmp_path / "image", tmp_path / "disk")
    try:
        disk.mount()
    except subprocess.CalledProcessError:
        pytest.skip("no file system in an image can be mounted here")
    yield disk
    disk.unmount()


@pytest.mark.full
def test_after_a_power_cut_the_newest_checkpoint_but_one_can_be_read(disk, tmp_path, tell):
    draws, run, furthest = np.random.default_rng(0), disk.folder / "run", 0
    for _ in range(CUTS):
        process = started(disk.folder, *ECHO, *WORDS)
        there = (run / "metrics.jsonl").exists()
        lines = (run / "metrics.jsonl").read_bytes().count(b"\n") if there else 0
        wait_for_lines(process, run / "metrics.jsonl", lines + int(draws.integers(1, 60)))
        # Of the steps that the run takes for saved; the last may be being saved.
        saved = steps_in(run)[-2:] if (run / "checkpoints").exists() else []
        disk.cut()
        process.kill()
        process.communicate()
        disk.unmount()
        disk.mount()
        if len(saved) == 2:
            step, _ = read_checkpoint(run / "checkpoints")
            assert step >= saved[0]
            furthest = max(furthest, step)
    assert furthest > 0
    done = finished(disk.folder, *ECHO, *WORDS)
    assert done.returncode == 0, done.stderr
    assert "damaged" not in done.stderr
    whole = finished(tmp_path, *ECHO, *WORDS)
    assert whole.returncode == 0, whole.stderr
    assert_ends_as(run, tmp_path / "run")
    tell(
        "a run",
        "power cut at random moments, one after the other (a file system in an image, shut down)",
        CUTS,
        "the newest checkpoint but one is always whole; resumed, all the same bit for bit",
    )
