"""Files of a run that are harmed: numbers come back as they were saved, or not at all."""

import functools
import logging
import shutil

import numpy as np
import pytest

from rnnjax.runs.checkpoint import read_checkpoint
from rnnjax.runs.recording import Recorder
from rnnjax.runs.run import train
from rnnjax.runs.workdir import WorkdirError
from tests.faults.comparing import bits, steps_in
from tests.faults.test_kill_operations import _compile_once, left, run_of  # noqa: F401 (a fixture)
from tests.full import full
from tests.runs.stopping import Stop, stop_at

SEED = "9"
# Of a run that was killed before its last evaluation. `d` are the arrays.
FILES = (
    "checkpoints/8/record.json",
    "checkpoints/8/state/_METADATA",
    "checkpoints/8/state/manifest.ocdbt",
    "checkpoints/8/state/d/*",
    "checkpoints/8/state/ocdbt.process_0/*",
    "metrics.jsonl",
    "config.json",
    "env.json",
    "flags.txt",
    "summary.json",
)


def flip(path, draws):
    """Flips one bit."""
    data = bytearray(path.read_bytes())
    if data:
        bit = int(draws.integers(8 * len(data)))
        data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def halve(path, draws):
    del draws
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path, draws):
    del draws
    path.write_bytes(b"")


def delete(path, draws):
    del draws
    path.unlink()


HARMS = (halve, empty, delete)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Returns the folder of a run that was killed on its way, and of one that was not."""
    folder, whole = (tmp_path_factory.mktemp(name) / "runs" for name in ("killed", "whole"))
    train(run_of("a run", whole), show=False)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, Recorder, "write", 9)
        with pytest.raises(Stop):
            train(run_of("a run", folder), show=False)
    assert steps_in(folder / SEED) == [4, 8]
    return folder, whole


@functools.cache
def saved(folder):
    """Returns the bits of each step."""
    found = {}
    for step in steps_in(folder):
        copy = folder.parents[1] / f"only{step}"
        shutil.copytree(folder / "checkpoints" / str(step), copy / "checkpoints" / str(step))
        found[step] = bits(copy)[1]
    return found


@pytest.mark.parametrize("finished", [False, full(True)], ids=["on its way", "finished"])
@pytest.mark.parametrize("times", [1, full(12)])
@pytest.mark.parametrize("harm", [flip, *map(full, HARMS)], ids=lambda harm: harm.__name__)
def test_a_harmed_file_is_noticed_or_does_no_harm(
    killed, tmp_path, caplog, tell, harm, times, finished
):
    caplog.set_level(logging.WARNING)
    folder, whole = killed[int(finished)], killed[1]
    draws = np.random.default_rng(times)
    wanted, last, done = left(whole), bits(whole / SEED), 0
    for pattern in [name.replace("/8/", "/12/") if finished else name for name in FILES]:
        for trial in range(times if harm is flip else 1):
            copy = tmp_path / f"{pattern.replace('/', '_').replace('*', 'd')}{trial}"
            shutil.copytree(folder, copy)
            for path in (copy / SEED).glob(pattern):
                if path.is_file():
                    harm(path, draws)
                    done += 1
            caplog.clear()
            assert _reads(copy / SEED, saved(folder / SEED)), pattern
            if refused := _refused(copy):
                assert "\n" not in refused
                assert steps_in(copy / SEED) == steps_in(folder / SEED)
                continue
            assert bits(copy / SEED) == last, pattern
            if pattern == "metrics.jsonl":  # some lines are lost, and that is said
                assert "lines up to step" in caplog.text
            elif pattern not in ("config.json", "env.json", "flags.txt"):
                assert left(copy) == wanted, pattern
            shutil.rmtree(copy)
    tell(
        "a run on its way" if not finished else "a finished run",
        {"flip": "a bit flipped in", "halve": "the half cut off", "empty": "emptied"}.get(
            harm.__name__, "deleted"
        )
        + (" a file" if harm is flip else ", each of its files"),
        done,
        "parameters of a step as saved, or refused in one line; nothing deleted",
    )


def _refused(folder):
    """Goes on with a run; returns what is said where that is refused."""
    try:
        train(run_of("a run", folder), show=False)
    except WorkdirError as error:
        return str(error)
    return None


def _reads(folder, known):
    """Says whether what is read is what was saved; it may be refused."""
    try:
        step, _ = read_checkpoint(folder / "checkpoints")
    except ValueError:
        return True
    return bits(folder) == (step, known[step])
