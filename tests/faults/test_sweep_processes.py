"""Sweeps by two workers, populations all of them, killed or told to end at random moments."""

import signal
import time

import numpy as np
import pytest

from rnnjax import sweeps
from tests.faults.sweeping import Swept, end

SAME = "goes on; metrics, parameters, kept steps and the table the same, bit for bit"
pytestmark = pytest.mark.full  # the same without processes: test_kill_sweeps.py, test_retry.py


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def uncut(tmp_path_factory, cache):
    """Returns what a sweep leaves that nobody ended, and how many lines of metrics."""
    swept = Swept(tmp_path_factory.mktemp("uncut"), cache)
    assert swept.finish() == 0, swept.log.read_text()
    return swept.left(), swept.lines()


@pytest.fixture
def swept(tmp_path, cache):
    found = Swept(tmp_path, cache)
    yield found
    for process_id in found.workers().values():
        end(process_id, signal.SIGKILL)


def assert_same(swept, wanted):
    found = swept.left()
    different = {name for name in wanted | found if wanted.get(name) != found.get(name)}
    assert not different, (different, found["table"], wanted["table"], swept.log.read_text())


def at_random(swept, launcher, draws, lines):
    """Waits until a random part of the work is done, or of the start."""
    if draws.random() < 0.2:
        time.sleep(draws.uniform(0, 5))
        return
    wanted = draws.integers(0, lines)
    swept.wait(launcher, lambda: swept.lines() > wanted)


@pytest.mark.parametrize("victims", ["launcher", "a worker", "all"])
@pytest.mark.parametrize("seed", range(4))
def test_a_sweep_killed_at_random_ends_as_one_never_killed(uncut, swept, tell, victims, seed):
    draws, times = np.random.default_rng([seed, len(victims)]), 0
    wanted, lines = uncut
    code = None
    for _ in range(2):
        launcher = swept.start()
        at_random(swept, launcher, draws, lines)
        workers = list(swept.workers().values())
        chosen = {
            "launcher": [launcher.pid],
            "a worker": workers[int(draws.integers(2)) :][:1],
            "all": [launcher.pid, *workers],
        }[victims]
        for process_id in chosen:
            end(process_id, signal.SIGKILL)
        times += 1
        code = launcher.wait(600)
    if code != 0:
        code = swept.finish()
    assert code == 0, swept.log.read_text()
    swept.wait_for_workers()
    assert_same(swept, wanted)
    tell("a sweep by two workers", f"kill -9 of {victims} at random moments", times, SAME)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
@pytest.mark.parametrize("seed", range(2))
def test_a_launcher_that_is_told_to_end_ends_its_workers_and_goes_on(
    uncut, swept, tell, number, seed
):
    draws, times, ended = np.random.default_rng([seed, number]), 0, False
    wanted, lines = uncut
    for _ in range(3):  # oftener than a unit may come to nothing
        launcher = swept.start()
        swept.wait(launcher, lambda: len(swept.workers()) == 2)
        at_random(swept, launcher, draws, lines)
        begin = time.monotonic()
        launcher.send_signal(number)
        code = launcher.wait(600)
        if code == 0:  # it had ended
            break
        times, ended = times + 1, True
        assert code == 128 + number, swept.log.read_text()
        assert time.monotonic() - begin < 20  # its workers' ten seconds, and the report
        assert swept.workers() == {}
        assert "failed" not in sweeps.read_sweep(swept.folder).counts()
    assert ended
    assert swept.finish() == 0, swept.log.read_text()
    assert_same(swept, wanted)
    fault = f"{number.name} to the launcher at random moments"
    outcome = f"exit code {128 + number}, no worker left, no point failed; {SAME}"
    tell("a sweep by two workers", fault, times, outcome)


@pytest.mark.parametrize("seed", range(2))
def test_a_worker_that_is_told_to_end_leaves_its_unit_to_the_other(uncut, swept, tell, seed):
    draws = np.random.default_rng(seed)
    wanted, lines = uncut
    launcher = swept.start()
    swept.wait(launcher, lambda: len(swept.workers()) == 2)
    swept.wait(launcher, lambda: swept.lines() > draws.integers(0, lines // 2))
    victim = int(draws.integers(2))
    end(swept.workers()[victim], signal.SIGTERM)
    assert launcher.wait(600) == 0, swept.log.read_text()
    assert f"worker {victim} was told to end, by signal 15" in swept.log.read_text()
    assert_same(swept, wanted)
    fault = "SIGTERM to one worker at a random moment"
    tell("a sweep by two workers", fault, 1, "the other does its work; all the same, bit for bit")
