"""docs/analysis.md lists each tool, with settings that there are, and its first example runs."""

import inspect
import pathlib
import re

import jax
import pytest

from rnnjax.analysis import tools

PAGE = (pathlib.Path(__file__).parents[3] / "docs/analysis.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| .* \| (`.*`) \| ", PAGE, re.MULTILINE)


def test_the_table_lists_each_tool():
    assert [name for name, _ in ROWS] == [tool.__name__ for tool in tools.TOOLS]


@pytest.mark.parametrize(("name", "settings"), ROWS)
def test_the_settings_in_the_table_are_there(name, settings):
    asked = set(re.findall(r"`(\w+)`", settings))
    assert asked <= set(inspect.signature(getattr(tools, name)).parameters)


def test_the_first_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with jax.numpy_rank_promotion("allow"):
        exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0], {})
    assert (tmp_path / "lyapunov.png").exists()
