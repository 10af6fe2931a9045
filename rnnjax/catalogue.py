"""The experiments that come with the library, listed without importing any."""

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


def catalogue() -> dict[str, str]:
    """Returns the first line of each experiment's docstring by its name, importing none.

    Example:
        >>> "adding" in catalogue()
        True
    """
    files = sorted(path for path in folder().glob("*.py") if not path.stem.startswith("_"))
    docs = {path.stem: ast.get_docstring(ast.parse(path.read_text())) or "" for path in files}
    return {name: doc.partition("\n")[0] for name, doc in docs.items()}
