"""Files that a population holds open: one a member, bounded and refused before it is drawn."""

import pathlib
import resource

import pytest

from rnnjax.runs.run import train
from rnnjax.sweeps import handles
from rnnjax.training import Listener
from tests.lab.launching import launched
from tests.runs.test_population import population, problem  # noqa: F401 (a fixture)

MEMBERS = 48


def held():
    """Returns how many files this process holds open."""
    folder = pathlib.Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("no /proc here")
    return len(list(folder.iterdir()))


@pytest.fixture
def limit():
    """Sets how many files this process may hold, until the test has ended."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda most: resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Most(Listener):
    """Remembers the most files that were open."""

    most = 0

    def logged(self, moment):
        self.most = max(self.most, held())

    evaluated = logged


@pytest.mark.full
def test_a_population_holds_one_file_a_member(problem, tmp_path, limit, tell):  # noqa: F811
    seeds, watch = range(MEMBERS), Most()
    train(population(problem, tmp_path / "warm", seeds[:2]), show=False)  # what stays open
    before = held()
    limit(before + MEMBERS + 24)
    train(population(problem, tmp_path, seeds), listeners=[watch], show=False)
    assert watch.most <= before + MEMBERS + 12
    assert held() <= before + 4
    tell("a population", "few open files allowed", 1, "one file a member, all let go at the end")


def test_the_soft_limit_is_raised_and_never_lowered(limit):
    limit(512)
    handles.raise_open_files()
    raised = handles.open_files()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert raised >= min(10_240, hard)
    handles.raise_open_files()
    assert handles.open_files() == raised


def test_a_sweep_that_needs_more_files_than_there_may_be_is_refused(tmp_path, monkeypatch, tell):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    done = launched(
        *("--experiment=adding", "--length=4", "--steps=4", "--batch_size=4"),
        *("--sweep=seed=0:200", f"--workdir={tmp_path / 'sw'}", "--population=200"),
    )
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: --population: 200 runs in one program hold 328 files open, and a process here may "
        "hold 256: a smaller --population, or more by ulimit -n\n"
    )
    assert list(tmp_path.iterdir()) == []
    tell("a sweep", "more members than files may be open", 1, "one line before anything is drawn")
