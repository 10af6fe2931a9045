"""The page of faults: what was done to runs, how often, and what came of it.

    python -m pytest --full tests/faults --faults-page

A test says it by the fixture `tell`; with the option, `docs/faults.md` is written from what all of
them have said.
"""

import json
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import pytest

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "faults.md"
_NAME = "faults"  # of the property by which a worker's test reaches the process that writes
_ABOUT = """# Faults

What is done to runs on purpose, how often, and what came of it. Written by
`python -m pytest --full tests/faults --faults-page`; a fault whose test failed is not here.
"""


class Told(NamedTuple):
    """A row of the page: what is harmed, by what, how often, and what came of it."""

    kind: str
    fault: str
    times: int
    outcome: str


class Page:
    """Collects rows from the reports of tests, and writes them."""

    def __init__(self) -> None:
        self._rows: list[Told] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes what a test has said that passed."""
        if report.when == "call" and report.passed:
            said = [text for name, text in report.user_properties if name == _NAME]
            self._rows += [Told(*json.loads(text)) for text in said]

    def pytest_sessionfinish(self) -> None:
        """Writes the page."""
        merged: dict[tuple[str, str, str], int] = {}
        for kind, fault, times, outcome in sorted(self._rows):
            merged[kind, fault, outcome] = merged.get((kind, fault, outcome), 0) + times
        total = sum(merged.values())
        lines = [_ABOUT, f"{total:,} faults.", "", "| harmed | fault | times | outcome |"]
        lines += ["|---|---|---|---|"]
        lines += [f"| {k} | {f} | {n:,} | {o} |" for (k, f, o), n in merged.items()]
        PAGE.write_text("\n".join([*lines, ""]), encoding="utf-8")


def pytest_configure(config):
    if config.getoption("--faults-page") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Page())


@pytest.fixture
def tell(record_property) -> Callable[[str, str, int, str], None]:
    """Says for the page what a test has done: what is harmed, by what, how often, the outcome."""

    def tell(kind: str, fault: str, times: int, outcome: str) -> None:
        record_property(_NAME, json.dumps([kind, fault, times, outcome]))

    return tell
