import io
import re

import pytest
from rich.console import Console

from rnnjax.sweeps import progress as progress_module
from rnnjax.sweeps.progress import SweepProgress


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on when it is told to."""
    now = [0.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    return now


def shown(clock, looks, *, bar=False, width=100):
    """Shows a sweep at some moments: a list of (time, units done, of how many, state)."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=bar, width=width, color_system=None)
    with SweepProgress("adding sweep", bar, console) as progress:
        for at, done, total, state in looks:
            clock[0] = at
            progress.update(done, total, state)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", file.getvalue())


def test_without_a_terminal_a_line_says_what_has_ended_and_the_time_left(clock):
    looks = [
        (0, 2, 8, ""),
        (5, 2.5, 8, "best 0.9"),
        (20, 3, 8, "best 0.5"),
        (25, 3.2, 8, "best 0.5"),
        (7200, 5, 8, "1 failed"),
        (7300, 8, 8, ""),
    ]
    assert shown(clock, looks).splitlines() == [
        "adding sweep: 3 of 8 programs, best 0.5, 1:40 left",
        "adding sweep: 5 of 8 programs, 1 failed, 2:00:00 left",
        "adding sweep: 8 of 8 programs",
    ]


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (40, r"3/12 best 0\.1234 2 running.*… 3:00 left"),
        (80, r"3/12 best 0\.1234 2 running 2 workers +3:00 left"),
        (120, r"adding sweep ━+ +3/12 best 0\.1234 2 running 2 workers [0-9:]+ 3:00 left"),
    ],
)
def test_a_bar_shows_programs_state_and_time_left_in_one_line(clock, width, wanted):
    looks = [(0, 0, 12, ""), (60, 3, 12, "best 0.1234 2 running 2 workers")]
    last = shown(clock, looks, bar=True, width=width).splitlines()[-1]
    assert re.fullmatch(wanted, last)
    assert len(last) <= width
