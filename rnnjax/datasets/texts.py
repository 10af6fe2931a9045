"""Texts: a file, or the documentation that any Python brings."""

import ast
import functools
import hashlib
import pathlib
import platform
import sysconfig
from typing import NamedTuple

from rnnjax.datasets.base import DatasetError, expanded, read_bytes

# Folders of other packages, tests, and what is no documentation.
_PASSED_OVER = {"site-packages", "test", "tests", "idle_test", "lib2to3", "__phello__"}


class FoundText(NamedTuple):
    """A text with what a report needs to say about it.

    Attributes:
        text: all of it.
        name: in one word.
        description: what it is and where it comes from.

    Example:
        >>> found = FoundText("a text", "mine", "A text of mine.")
        >>> found.token
        'mine:6'
    """

    text: str
    name: str
    description: str

    @property
    def token(self) -> str:
        """Name and number of characters."""
        return f"{self.name}:{len(self.text)}"

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes: the text as UTF-8, and bytes that are none as they are."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogateescape")).hexdigest()


def load_text(path: str | None = None, *, errors: str = "strict") -> FoundText:
    """Reads a text, UTF-8; by default what Python's standard library says of itself.

    Args:
        path: of a file; None for the documentation strings of all modules, classes and functions of
            the standard library, in the order of their files, each once: 1.6 million characters.
            It differs between versions of Python, and where a distribution leaves modules out.
        errors: what is done with bytes that are not valid UTF-8, as for `bytes.decode`.

    Raises:
        DatasetError: if there is no such file, or it is empty or no text.

    Example:
        >>> load_text("/nowhere/a.txt")
        Traceback (most recent call last):
        rnnjax.datasets.base.DatasetError: /nowhere/a.txt: no such file (--text)
    """
    if path is None:
        version = platform.python_version()
        text = _documentation(pathlib.Path(sysconfig.get_paths()["stdlib"]))
        about = f"the documentation strings of Python {version}'s standard library"
        return FoundText(text, f"python-{version}", f"{about}, {len(text):,} characters.")
    file = expanded(path)
    text = read_text(path, "--text", errors=errors, instead="; --unit=bytes reads any file")
    return FoundText(text, file.name, f"{file}, {len(text):,} characters.")


def read_text(path: str, flag: str, *, errors: str = "strict", instead: str = "") -> str:
    """Reads a file of text, UTF-8, the ends of its lines as they are.

    Args:
        path: as a user writes it.
        flag: by which it was given, for messages.
        errors: what is done with bytes that are not valid UTF-8, as for `bytes.decode`.
        instead: what helps with a file that has such bytes, for its message.

    Raises:
        DatasetError: if there is no such file, or it is empty or no text.

    Example:
        >>> read_text("/nowhere/a.txt", "--score_file")
        Traceback (most recent call last):
        rnnjax.datasets.base.DatasetError: /nowhere/a.txt: no such file (--score_file)
    """
    file = expanded(path)
    try:
        text = read_bytes(file).decode("utf-8", errors)
    except FileNotFoundError:
        raise DatasetError(f"{file}: no such file ({flag})") from None
    except OSError as error:
        raise DatasetError(f"{file}: {error.strerror or error} ({flag})") from None
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{file}: no text in UTF-8, byte {error.start} is no part of a character ({flag})"
            f"{instead}"
        ) from None
    if not text:
        raise DatasetError(f"{file}: an empty file ({flag})")
    return text


@functools.cache
def _documentation(library: pathlib.Path) -> str:
    """Collects documentation strings, in some seconds."""
    found: dict[str, None] = {}  # each once: many are repeated from class to class
    for path in sorted(library.rglob("*.py")):
        if not _PASSED_OVER.isdisjoint(path.relative_to(library).parts):
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError, OSError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found[ast.get_docstring(node) or ""] = None
    return "\n\n".join(filter(None, found)) + "\n"
