"""Experiments by name, by path, or by module; and the modules that cells may be named of."""

import difflib
import importlib
import importlib.util
import pathlib
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from rnnjax.catalogue import catalogue, folder
from rnnjax.datasets.base import expanded
from rnnjax.settings.experiment import Experiment, Settings

VALUE = "EXPERIMENT"  # what a file of an experiment calls its value


def find(name: str) -> tuple[str, Any, str]:
    """Returns an experiment.

    Args:
        name: one of `catalogue`, the path of a Python file, or an importable module.

    Returns:
        The name as it is said from anywhere, the value, and the docstring.

    Raises:
        ValueError: if there is none, or what there is has no `EXPERIMENT`.

    Example:
        >>> name, experiment, docstring = find("adding")
        >>> name, experiment.task, docstring[:6]
        ('adding', Adding(length=100), 'Adding')
    """
    if name in catalogue():
        said, module = name, _load(folder() / f"{name}.py", f"rnnjax.experiments.{name}")
    elif name.endswith(".py") or "/" in name:
        path = expanded(name).absolute()
        if not path.is_file():
            raise ValueError(f"--experiment={name}: there is no such file")
        said, module = str(path), _load(path, f"_experiment_{abs(hash(path))}_{path.stem}")
    elif "." in name and name.strip("."):
        said, module = name, _import(name, "--experiment")
    else:
        near = difflib.get_close_matches(name, catalogue(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(catalogue())}"
        raise ValueError(f"unknown experiment {name!r}; {hint}")
    value = getattr(module, VALUE, None)
    if not (isinstance(value, Experiment) or callable(value)):
        raise ValueError(f"--experiment={name} has no {VALUE}, an rnnjax.settings.Experiment")
    return said, value, (module.__doc__ or "").strip()


def short(name: str) -> str:
    """Returns an experiment's name for the screen and for folders."""
    return pathlib.Path(name).stem if name.endswith(".py") else name.rpartition(".")[2]


def names_of(modules: Sequence[str]) -> dict[str, object]:
    """Imports modules that a user names, and returns what they have.

    A cell prints as `LEM(64)`, so what a module has goes by that name as well as by `mycells.LEM`.

    Raises:
        ValueError: if one cannot be imported.
    """
    found: dict[str, object] = {}
    for name in modules:
        if not all(word.isidentifier() for word in name.split(".")):
            raise ValueError(f"--import names modules, as mycells or lab.mycells; got {name!r}")
        module = _import(name, "--import")
        public = [word for word in dir(module) if not word.startswith("_")]
        found |= {f"{name}.{word}": getattr(module, word) for word in public}
        found |= {word: getattr(module, word) for word in public}
    return found


def settings_of(name: str, imports: Sequence[str] = ()) -> Settings:
    """Returns an experiment's settings with its usual values.

    Raises:
        ValueError: if there is no such experiment, or it trains nothing.

    Example:
        >>> settings_of("copying").replace(delay=5).task.delay
        5
    """
    said, value, _ = find(name)
    if not isinstance(value, Experiment):
        raise ValueError(f"--experiment={name} trains nothing: it has no settings")
    return Settings(said, value, tuple(imports), names_of(imports))


def _import(name: str, flag: str) -> ModuleType:
    here = str(pathlib.Path.cwd())
    if here not in sys.path:  # where a user's own modules lie
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ValueError(f"{flag}={name}: {error}") from None


def _load(path: pathlib.Path, name: str) -> ModuleType:
    """Runs a file once."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, "a path of a file has a spec"
    assert spec.loader is not None, "a Python file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
