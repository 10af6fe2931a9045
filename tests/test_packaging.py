"""What pip brings: whatever is imported is asked for, and the wheel holds what is not Python."""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import yaml

import rnnjax

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
NEED_LAB = ("lab", "runs", "sweeps")  # packages that may import what the extra `lab` brings
OURS = {"benchmarks", "experiments", "launch", "rnnjax", "tests"}
DISTRIBUTIONS = {  # those that are not named like the module
    "PIL": "pillow",
    "absl": "absl-py",
    "haiku": "dm-haiku",
    "orbax": "orbax-checkpoint",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def plain(name: str) -> str:
    return name.lower().replace("_", "-")


def asked_for(*extras: str) -> set[str]:
    """Returns the distributions that the core and these extras ask for, by their plain names."""
    found, waiting = set(), [*PROJECT["dependencies"], *(f"rnnjax[{extra}]" for extra in extras)]
    while waiting:
        requirement = waiting.pop()
        if requirement.startswith("rnnjax["):
            extra = requirement.removeprefix("rnnjax[").removesuffix("]")
            waiting += PROJECT["optional-dependencies"][extra]
        else:
            found.add(plain(re.split(r"[^\w.-]", requirement)[0]))
    return found


def python_files(*patterns: str) -> list[Path]:
    return [path for pattern in patterns for path in ROOT.glob(pattern)]


def nodes(path: Path, skipped: Callable[[ast.AST], bool] = lambda _: False) -> Iterator[ast.AST]:
    """Yields a file's nodes, but no expressions, as they hold no import, and none skipped."""
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.expr) and not skipped(node):
            yield node
            waiting += ast.iter_child_nodes(node)


def not_run_at_import(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def needed(found: Iterable[ast.AST]) -> set[str]:
    """Returns the distributions that the imports among these nodes need."""
    modules: set[str] = set()
    for node in found:
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module)
    tops = {module.partition(".")[0] for module in modules} - OURS - sys.stdlib_module_names
    return {plain(DISTRIBUTIONS.get(top, top)) for top in tops}


def test_a_cell_in_a_script_needs_the_core_alone():
    core = asked_for()
    files = python_files("rnnjax/**/*.py")
    files = [path for path in files if path.relative_to(ROOT).parts[1] not in NEED_LAB]
    more = {str(path): needed(nodes(path, not_run_at_import)) - core for path in files}
    assert files
    assert not {path: names for path, names in more.items() if names}


@pytest.mark.parametrize(
    ("extras", "files"),
    [
        (
            ("lab", "wandb", "safetensors", "peers"),
            ("rnnjax/**/*.py", "experiments/*.py", "launch.py"),
        ),
        (("test", "peers"), ("tests/**/*.py", "benchmarks/**/*.py")),
    ],
)
def test_whatever_is_imported_is_asked_for(extras, files):
    asked = asked_for(*extras)
    more = {str(path): needed(nodes(path)) - asked for path in python_files(*files)}
    assert more
    assert not {path: names for path, names in more.items() if names}


def test_the_wheel_holds_all_that_is_not_python():
    held = {}
    for package, patterns in PYPROJECT["tool"]["setuptools"]["package-data"].items():
        for pattern in patterns:
            held[package, pattern] = set((ROOT / package.replace(".", "/")).glob(pattern))
    assert all(held.values()), "a pattern that matches no file"
    files = {path for path in (ROOT / "rnnjax").rglob("*.*") if path.is_file()}
    files = {path for path in files if path.suffix not in {".py", ".pyc"}}
    assert files == set().union(*held.values())


def test_the_console_script_calls_a_function_that_there_is():
    module, _, function = PROJECT["scripts"]["rnnjax"].partition(":")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_what_is_cited_is_this_version_under_this_licence():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == rnnjax.__version__
    assert cited["license"] == PROJECT["license"].partition(" AND ")[0]  # of data besides
    assert cited["abstract"] == PROJECT["description"]
