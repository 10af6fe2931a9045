"""Experiments from Python, as the command line runs them."""

import os
from collections.abc import Sequence
from typing import Any

from rnnjax.lab.options import ProcessOptions, RunOptions
from rnnjax.lab.single import run_once
from rnnjax.runs.load import LoadedRun, load
from rnnjax.settings import settings_of


def run(
    experiment: str,
    *,
    workdir: str | os.PathLike[str] | None = None,
    imports: Sequence[str] = (),
    figures: bool = True,
    **values: Any,
) -> LoadedRun:
    """Runs an experiment in a folder, or goes on with it there, and returns what it has learned.

    Args:
        experiment: its name, the path of its file, or its module.
        workdir: the folder; by default one in `runs/` that the settings name.
        imports: modules whose cells may be named in `cell`.
        figures: whether figures are drawn at the end.
        values: settings by the names of their flags: `steps=100, cell="GRU(8)"`.

    Raises:
        ValueError: if something is wrong with the settings, or the folder is another run's.
        DivergedError: if the loss is not finite.

    Example:
        >>> run("adding", steps=100, length=20, cell="GRU(8)").predict(xs)  # doctest: +SKIP
    """
    settings = settings_of(experiment, imports).replace(**values)
    options = RunOptions(None if workdir is None else os.fspath(workdir), figures=figures)
    folder, *_ = run_once(settings, options, ProcessOptions())
    return load(folder)
