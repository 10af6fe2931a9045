"""README's code runs, and what it lists is what there is."""

import pathlib
import re

import jax
import pytest

from rnnjax import cells, tasks, unroll
from rnnjax.lab import listing, task_listing

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(autouse=True)
def _as_users_have_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write runs
    with jax.numpy_rank_promotion("allow"):
        yield


def test_the_first_snippet_is_short_and_prints_what_readme_says(capsys):
    exec(SNIPPETS[0], {})
    assert len([line for line in SNIPPETS[0].splitlines() if line.strip()]) <= 14
    printed = capsys.readouterr().out
    assert printed
    assert printed in README


@pytest.mark.parametrize("snippet", SNIPPETS[1:])
def test_the_other_snippets_run(snippet):
    exec(snippet, {})


ANEW = "write the tables anew: python -m rnnjax.lab.listing"


def test_the_tables_of_cells_are_what_the_docstrings_say():
    found = [getattr(cells, name) for name in cells.__all__]
    assert listing.summary(found) in README, ANEW
    assert listing.markdown(found) == (ROOT / "docs/cells.md").read_text(), ANEW


def test_the_tables_of_tasks_are_what_the_docstrings_say():
    found = task_listing.published(tasks)
    assert len(found) >= 50
    assert task_listing.summary(found) in README, ANEW
    assert task_listing.markdown(found) == (ROOT / "docs/tasks.md").read_text(), ANEW


@pytest.mark.parametrize(("kind", "count"), [("cells", len(cells.__all__)), ("tasks", 50)])
def test_the_tables_lead_to_files(kind, count):
    page = (ROOT / f"docs/{kind}.md").read_text()
    files = re.findall(rf"^\| \[`\w+`\]\(\.\./(rnnjax/{kind}/[^)]*)\) \|", page, re.MULTILINE)
    assert len(files) >= count
    folders = re.findall(rf"^\| \[\w+\]\((rnnjax/{kind}/\w+)\) \|", README, re.MULTILINE)
    assert len(folders) > 5
    assert all((ROOT / path).exists() for path in (*files, *folders))


def test_the_table_of_engines_lists_each_engine():
    assert set(re.findall(r"^\| `unroll\.(\w+)", README, re.MULTILINE)) == set(unroll.__all__)


def test_each_of_the_two_commands_is_one_line_that_makes_its_own_environment():
    lines = re.findall(r"^python3 -m venv \.venv && .*$", README, re.MULTILINE)
    assert any(line.endswith("launch.py --experiment=mnist_rnn") for line in lines)
    assert any(line.endswith("-m pytest") for line in lines)
