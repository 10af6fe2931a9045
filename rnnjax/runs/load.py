"""What a run has left: its network, ready to be asked. Nothing is written."""

import contextlib
import dataclasses
import functools
import logging
import os
import pathlib
from typing import TYPE_CHECKING, Any, Literal

import jax
import numpy as np

from rnnjax.runs.checkpoint import NoCheckpointError, NoPartError, read_beside, read_checkpoint
from rnnjax.runs.folders import elsewhere
from rnnjax.runs.recording import check_metrics, read_metrics
from rnnjax.runs.summary import read_summary
from rnnjax.runs.workdir import differences, folder_of, plain, read_json
from rnnjax.settings import Settings, problem, settings_of
from rnnjax.tasks.feed import first_of
from rnnjax.training.program import Problem
from rnnjax.training.state import first_batch, keys_of
from rnnjax.training.trained import Trained
from rnnjax.typing import Params

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

Which = Literal["best", "last"]


@dataclasses.dataclass(frozen=True)
class LoadedRun(Trained):
    """A run as its folder has it; `predict`, `states`, `evaluate` are those of `Trained`.

    Attributes:
        folder: the workdir.
        settings: what was trained, and how.
        at_step: updates made when the parameters were as they are.

    Example:
        >>> run = load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> run.metrics.query("split == 'validation'").plot(x="step", y="loss")  # doctest: +SKIP
    """

    folder: pathlib.Path
    settings: Settings = dataclasses.field(repr=False)
    at_step: int

    @property
    def config(self) -> dict[str, Any]:
        """What decides the run's numbers, as `config.json` has it."""
        return read_json(self.folder / "config.json")

    @property
    def summary(self) -> dict[str, Any] | None:
        """What came of it; None while it is not finished."""
        return read_summary(self.folder)

    @functools.cached_property
    def metrics(self) -> "pd.DataFrame":
        """A row a line of `metrics.jsonl`: `step`, `split`, and the metrics.

        A line in the log says so where they are not what the run has recorded.
        """
        import pandas as pd

        with contextlib.suppress(NoCheckpointError):
            step, beside = read_beside(self.folder / "checkpoints")
            for digest in beside.get("metrics", ())[:1]:
                check_metrics(self.folder, step, digest)
        return pd.DataFrame(read_metrics(self.folder))


def load(workdir: str | os.PathLike[str], which: Which = "best") -> LoadedRun:
    """Reads a run, finished or not, also while it trains.

    The experiment is found again by its name, its path, or its module, and with it the modules
    that were imported for its cells.

    Args:
        workdir: the folder of a run, or of a point of a sweep.
        which: the parameters that validation chose, or the last; where nothing was held out for
            validation, or nothing chosen yet, both are the last.

    Raises:
        ValueError: if there is no run, it cannot be read, or the data are not those that it was
            trained on; or its two files of settings say different things.

    Example:
        >>> load("runs/nothing")
        Traceback (most recent call last):
        ValueError: ...runs/nothing holds no run: there is no config.json in it
    """
    folder = folder_of(workdir)
    if which not in ("best", "last"):
        raise ValueError(f"which parameters: best or last; got {which!r}")
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder} holds no run: there is no config.json in it")
    config, settings = read_json(folder / "config.json"), read_settings(folder)
    part = config.get("part", "")
    if said := _other_data(config, settings):
        raise ValueError(f"{folder} {said}")
    if found := _other_settings(config, settings):
        raise ValueError(
            f"{folder}: flags.txt spells other settings than config.json has: {'; '.join(found)}"
        )
    found = problem(settings, part)
    params, step = _read(folder, param_shapes(found), which)
    return LoadedRun(found.learning.objective, params, folder, settings, step)


def _other_data(config: dict[str, Any], settings: Settings) -> str:
    """Says that a run's data are not those that the settings find here; empty where they are."""
    there, here = config.get("data"), settings.task.digest
    if there in (None, here):
        return ""
    return (
        f"was trained on other data than are here: {config.get('task')} of SHA-256 "
        f"{there[:12]}..., here {settings.task.title} of {here[:12]}..."
    )


def _other_settings(config: dict[str, Any], settings: Settings) -> list[str]:
    """Names the settings that a run had and that are others here."""
    own = plain(settings.config())
    both = (config.keys() & own.keys()) - elsewhere(settings)  # some are newer than the run
    return differences(*({k: v for k, v in at.items() if k in both} for at in (config, own)))


def read_settings(folder: pathlib.Path) -> Settings:
    """Returns the settings that a run's `flags.txt` spells.

    Raises:
        ValueError: if they spell none.
    """
    path = folder / "flags.txt"
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    texts, imports, name = {}, [], ""
    for line in lines:
        flag, _, text = line.removeprefix("--").partition("=")
        if flag == "experiment":
            name = text
        elif flag == "import":
            imports.append(text)
        else:
            texts[flag] = text
    settings = settings_of(name, imports)
    fields = settings.experiment.fields
    return settings.parse({flag: text for flag, text in texts.items() if flag in fields})


def load_params(
    workdir: str | os.PathLike[str], like: Params, settings: Settings | None = None
) -> Params:
    """Returns the best parameters of a run, or the last where none was chosen.

    Args:
        workdir: the run's folder.
        like: a pytree of their shapes, such as `param_shapes` returns.
        settings: what they are for; a line in the log says so if that is other data than the run's.

    Raises:
        ValueError: if there are none, or they do not fit.
    """
    folder = folder_of(workdir)
    config = folder / "config.json"
    about = read_json(config) if settings is not None and config.is_file() else {}
    if settings is not None and (said := _other_data(about, settings)):
        logger.warning("%s %s", folder, said)
    return _read(folder, like, "best")[0]


def param_shapes(found: Problem) -> Params:
    """Returns the shapes of the parameters that a problem's network has; nothing is computed."""

    def params() -> Params:
        batch = first_batch(first_of(found.train), keys_of(0).data)
        return found.learning.objective.init(jax.random.key(0), batch)

    return jax.eval_shape(params)


def _read(folder: pathlib.Path, like: Params, which: Which) -> tuple[Params, int]:
    kept = folder / "checkpoints"
    if which == "best" and int(read_checkpoint(kept, prefix="best/step")[1]):
        # Together: a run that trains may have chosen others since.
        best = {"params": like, "metric": np.float32(0), "step": np.int32(0)}
        _, found = read_checkpoint(kept, best, prefix="best")
        return found["params"], int(found["step"])
    try:
        step, params = read_checkpoint(kept, like, prefix="average")
    except NoPartError:  # none is taken
        step, params = read_checkpoint(kept, like, prefix="params")
    return params, step
