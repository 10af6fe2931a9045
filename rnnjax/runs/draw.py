"""The figures of a run, of its folder and its network."""

import math
import pathlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.models import SequenceModel
from rnnjax.runs.draw_pairs import draw_pair_samples
from rnnjax.runs.figures.classification import draw_confusion, draw_samples
from rnnjax.runs.figures.curves import draw_curves
from rnnjax.runs.figures.hidden import draw_hidden
from rnnjax.runs.figures.series import draw_series
from rnnjax.runs.figures.sizes import draw_sizes
from rnnjax.runs.workdir import write_json
from rnnjax.tasks.base import Task
from rnnjax.tasks.images.images import Images
from rnnjax.tasks.pairs.pairtask import PairTask
from rnnjax.tasks.sized import SizedTask
from rnnjax.tasks.text.imdb import IMDB
from rnnjax.tasks.text.text import Text
from rnnjax.training.trained import Trained

_SAMPLES = 40
_STREAMS = 4
_MOST = 20_000  # sequences that are counted in a confusion matrix


def draw_run(
    folder: pathlib.Path, trained: Trained, summary: dict[str, Any], *, title: str
) -> None:
    """Draws `curves.png`, `hidden.png`, `samples.png`, of classes `confusion.png`; PDF of each too.

    Where sequences have several sizes, `sizes.png` as well, and its numbers as `sizes.json`. Of
    pairs of sequences `samples.png` is a table of what was written, `samples.txt` the same as text,
    and there is no `hidden.png`, but `attention.png` of a network that has attention.

    Args:
        folder: the run's, with its metrics.
        trained: the network as it was chosen.
        summary: what `summary.json` says.
        title: above each figure.
    """
    best, task = summary["best"], trained.task
    draw_curves(
        folder,
        title=title,
        baseline=task.baseline,
        best_step=best and best["step"],
        tested=_tested(task),
    )
    if isinstance(task, SizedTask) and (task.shortest is not None or task.tested is not None):
        _draw_sizes(folder, trained, task, title)
    part = "test" if task.source("test", 1) is not None else "train"
    # A text is cut in as many streams, and few are drawn of it.
    batch = trained.examples(part, _STREAMS if isinstance(task, Text) else _SAMPLES)
    if isinstance(task, PairTask):
        draw_pair_samples(folder, trained, task, batch, title=title)
        return
    outputs = np.asarray(trained.predict(batch.inputs, steps=batch.steps))
    if isinstance(trained.model, SequenceModel):
        _draw_hidden(folder, trained, batch, outputs, title)
    if jnp.issubdtype(batch.targets.dtype, jnp.integer) and batch.targets.ndim == 1:
        _draw_classes(folder, trained, part, batch, outputs, title)
    else:
        draw_series(
            folder / "samples.png",
            outputs,
            batch.targets,
            batch.mask,
            title=title,
            inputs=_symbols_read(batch),
            symbols=task.vocabulary.shown if isinstance(task, Text) else None,
        )


def _symbols_read(batch: Batch) -> np.ndarray | None:
    """Returns the numbers of inputs that are symbols, one-hot, -1 where there is no step."""
    inputs = np.asarray(batch.inputs)
    steps = np.ones(inputs.shape[:2], bool) if batch.steps is None else np.asarray(batch.steps)
    some = inputs[steps]
    one_hot = inputs.ndim == 3 and inputs.shape[-1] > 1 and np.isin(some, (0, 1)).all()
    if not one_hot or (some.sum(-1) != 1).any():
        return None
    return np.where(steps, inputs.argmax(-1), -1)


def _draw_sizes(folder: pathlib.Path, trained: Trained, task: SizedTask, title: str) -> None:
    """Evaluates sizes one by one, keeps what is found as `sizes.json` and draws it."""
    found = trained.evaluate_sizes()
    write_json(folder / "sizes.json", found)
    draw_sizes(
        folder / "sizes.png",
        found,
        trained_on=task.size,
        size=task.size_field,
        title=title,
        baseline=task.baseline,
        chance=_chance(task),
    )


def _tested(task: Task) -> str:
    """Returns the sizes of the test where they are other ones than those of training."""
    if not isinstance(task, SizedTask) or task.tested is None:
        return ""
    return f"{task.size_field} {task.size + 1} to {task.tested}"


def _chance(task: SizedTask) -> float | None:
    """Returns the accuracy of a guess where all classes are as likely; None elsewhere."""
    classes, loss = task.output_dim, task.baseline
    return 1 / classes if loss is not None and abs(loss - math.log(classes)) < 1e-6 else None


def _draw_hidden(
    folder: pathlib.Path, trained: Trained, batch: Batch, outputs: np.ndarray, title: str
) -> None:
    """Draws the states over the first sequence, as far as it has steps."""
    length = len(batch.inputs) if batch.steps is None else int(batch.steps[:, 0].sum())
    steps = None if batch.steps is None else batch.steps[:length, :1]
    states = trained.states(batch.inputs[:length, :1], steps=steps)
    one = jax.tree.map(lambda leaf: np.asarray(leaf)[:, 0], states)
    shown: dict[str, Any] = {"inputs": np.asarray(batch.inputs)[:length, 0]}
    if isinstance(trained.task, Text | IMDB):
        names = trained.task.vocabulary.shown
        shown["symbols"] = [names[number] for number in shown["inputs"]]
    numbers = jnp.issubdtype(batch.targets.dtype, jnp.floating)
    if outputs.ndim == 3:
        shown["outputs"] = outputs[:length, 0]
        if numbers:
            targets = np.asarray(batch.targets)[:length, 0]
            counts = np.asarray(batch.mask)[:length, 0, None]
            shown["targets"] = np.where(counts, targets, np.nan)
    draw_hidden(folder / "hidden.png", one, title=title, **shown)


def _draw_classes(
    folder: pathlib.Path,
    trained: Trained,
    part: Any,
    batch: Batch,
    outputs: np.ndarray,
    title: str,
) -> None:
    """Draws who is taken for whom, and examples."""
    names = range(trained.task.output_dim)
    there = np.asarray(batch.mask)
    if isinstance(trained.task, Images):
        examples = trained.task.found.test.images[: len(there)]
    else:
        examples = np.swapaxes(np.asarray(batch.inputs), 0, 1)
    chances = np.asarray(jax.nn.softmax(outputs, axis=-1))
    draw_samples(
        folder / "samples.png",
        examples[there],
        np.asarray(batch.targets)[there],
        chances[there],
        title=title,
    )
    targets, found = trained.classes(part, most=_MOST)
    draw_confusion(folder / "confusion.png", targets, found, classes=names, title=title)
