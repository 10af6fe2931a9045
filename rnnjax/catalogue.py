"""The experiments that come with the library, listed without importing any, and what runs them."""

import ast
import pathlib


def folder() -> pathlib.Path:
    """Returns where the experiments that come with the library are.

    Example:
        >>> folder().name
        'experiments'
    """
    here = pathlib.Path(__file__).parent
    installed = here / "experiments"
    return installed if installed.is_dir() else here.parent / "experiments"


def typed(program: str) -> str:
    """Returns what a user types to run experiments, where a process was started as `program`.

    Example:
        >>> typed("/home/me/rnnjax/launch.py"), typed("/home/me/.venv/bin/rnnjax")
        ('python launch.py', 'rnnjax')
    """
    return "python launch.py" if pathlib.Path(program).name == "launch.py" else "rnnjax"


def catalogue() -> dict[str, str]:
    """Returns the first line of each experiment's docstring by its name, importing none.

    Example:
        >>> "adding" in catalogue()
        True
    """
    files = sorted(path for path in folder().glob("*.py") if not path.stem.startswith("_"))
    docs = {path.stem: ast.get_docstring(ast.parse(path.read_text())) or "" for path in files}
    return {name: doc.partition("\n")[0] for name, doc in docs.items()}
