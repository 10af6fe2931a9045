"""The house has floors: a package imports from those below it, and files stay small."""

import ast
import pathlib

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / "rnnjax"

# What each part may import of `rnnjax`, besides itself.
GROUND = {"typing", "text", "axes", "numbers", "batch", "equations", "linear_map", "processor"}
CELLS = GROUND | {"cells", "compose", "dynamics", "unroll"}
DATA = GROUND | {"datasets", "tasks"}
HOUSE = CELLS | DATA | {"testing", "learning", "models"}
RUNS = HOUSE | {"training", "settings", "catalogue"}
BELOW = {
    "typing": set(),
    "text": set(),
    "axes": {"typing"},
    "numbers": {"typing"},
    "batch": {"typing", "axes"},
    "equations": set(),
    "linear_map": {"typing"},
    "processor": set(),
    "catalogue": set(),
    "datasets": GROUND,
    "tasks": GROUND | {"datasets"},
    "cells": GROUND,
    "compose": GROUND | {"cells"},
    "dynamics": GROUND | {"cells", "compose"},
    "unroll": GROUND | {"cells", "compose", "dynamics"},
    "testing": CELLS,
    "learning": CELLS,
    "models": CELLS | {"testing", "learning"},
    "training": HOUSE,
    "interop": GROUND | {"cells", "compose", "models"},
    "settings": HOUSE | {"training", "catalogue"},
    "runs": RUNS,
    "sweeps": RUNS | {"runs"},
    "analysis": RUNS | {"runs"},
    "lab": RUNS | {"runs", "sweeps", "analysis"},
}
MOST_LINES = 350


def imports(path: pathlib.Path, package: pathlib.Path) -> set[str]:
    """Lists what a file imports, anywhere in it, by full dotted name."""
    names = set()
    here = [package.name, *path.relative_to(package).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def faults(package: pathlib.Path) -> list[str]:
    """Names every file that breaks a rule of the house, and the rule."""
    found = []
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package)
        part = file.parts[0].removesuffix(".py")
        if path.stem == "utils":
            found.append(f"{file}: a file's name says what is in it")
        if len(path.read_text().splitlines()) > MOST_LINES:
            found.append(f"{file}: longer than {MOST_LINES} lines")
        for name in sorted(imports(path, package)):
            if part != "lab" and (name == "absl.flags" or name.startswith("absl.flags.")):
                found.append(f"{file}: flags belong to the lab")
            above, _, below = name.partition(".")
            target = below.partition(".")[0]
            if above != package.name or target in {"", part} or part == "__init__":
                continue
            if part not in BELOW:
                found.append(f"{file}: {part} has no floor")
            elif target not in BELOW[part]:
                found.append(f"{file}: {part} must not import {name}")
    return found


def test_no_arrow_runs_upward():
    assert faults(PACKAGE) == []


def test_the_package_is_there():
    assert len(list(PACKAGE.rglob("*.py"))) > 10
    assert "rnnjax.cells.base.Cell" in imports(PACKAGE / "unroll" / "base.py", PACKAGE)


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        (
            "cells/a.py",
            "from rnnjax.unroll import scan",
            "cells must not import rnnjax.unroll.scan",
        ),
        ("cells/a.py", "import rnnjax.compose", "cells must not import rnnjax.compose"),
        ("cells/a.py", "from rnnjax import compose", "cells must not import rnnjax.compose"),
        ("cells/a.py", "from .. import unroll", "cells must not import rnnjax.unroll"),
        ("cells/a.py", "from ..unroll import scan", "cells must not import rnnjax.unroll.scan"),
        ("typing.py", "from rnnjax import cells", "typing must not import rnnjax.cells"),
        ("tasks/a.py", "def f():\n    import rnnjax.cells", "tasks must not import rnnjax.cells"),
        ("datasets/a.py", "from rnnjax import tasks", "datasets must not import rnnjax.tasks"),
        ("training/a.py", "import rnnjax.runs", "training must not import rnnjax.runs"),
        ("runs/a.py", "import rnnjax.lab", "runs must not import rnnjax.lab"),
        ("compose/a.py", "import rnnjax.unroll", "compose must not import rnnjax.unroll"),
        ("dynamics/a.py", "import rnnjax.unroll", "dynamics must not import rnnjax.unroll"),
        ("testing/a.py", "import rnnjax.models", "testing must not import rnnjax.models"),
        ("unroll/a.py", "import rnnjax.testing", "unroll must not import rnnjax.testing"),
        ("analysis/a.py", "import rnnjax.lab", "analysis must not import rnnjax.lab"),
        ("runs/a.py", "import rnnjax.analysis", "runs must not import rnnjax.analysis"),
        ("interop/a.py", "import rnnjax.unroll", "interop must not import rnnjax.unroll"),
        ("attic/a.py", "import rnnjax.cells", "attic has no floor"),
        ("training/a.py", "from absl import flags", "flags belong to the lab"),
        ("training/utils.py", "", "a file's name says what is in it"),
        ("training/a.py", "\n" * 351, "longer than 350 lines"),
    ],
)
def test_a_made_up_house_is_found_at_fault(tmp_path, file, text, fault):
    path = tmp_path / "rnnjax" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert faults(tmp_path / "rnnjax") == [f"{file}: {fault}"]


def test_a_made_up_house_in_order_has_no_fault(tmp_path):
    path = tmp_path / "rnnjax" / "unroll" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text("import jax\nfrom rnnjax.cells import Cell\nfrom .base import check\n")
    assert faults(tmp_path / "rnnjax") == []
