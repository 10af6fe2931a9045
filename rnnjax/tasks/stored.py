"""Tasks of stored sequences: in memory, as NumPy arrays."""

import abc
import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp

from rnnjax.tasks.base import Task
from rnnjax.tasks.examples import (
    AsBatch,
    Examples,
    check_classes,
    check_examples,
    check_symbols,
    digest_of,
    is_per_step,
    is_whole,
)
from rnnjax.tasks.sources import PARTS, Gathered, Part
from rnnjax.typing import Static


class Arrays(Task):
    """Sequences at hand as NumPy arrays, in up to three parts; `split` makes them of one.

    Answers are wanted at every step if `targets` are, else one a sequence. What validation chooses
    by is the accuracy where they are classes.

    Args:
        train: `Examples`, or a tuple of their fields.
        validation: likewise; None for none, and then the last state is kept instead of the best.
        test: likewise.
        classes: K, where targets are classes; by default one more than the largest there is.

    Raises:
        TypeError: if a part is no tuple of arrays.
        ValueError: if shapes do not fit each other, a length is no number of steps, or a target no
            class.

    Example:
        >>> import numpy as np
        >>> inputs = np.zeros((8, 5, 3), np.float32)
        >>> task = Arrays((inputs, np.arange(8) % 2, np.arange(8) % 5 + 1))
        >>> task.input_dim, task.output_dim, task.per_step
        (3, 2, False)
    """

    def __init__(
        self,
        train: tuple,
        validation: tuple | None = None,
        test: tuple | None = None,
        *,
        classes: int | None = None,
    ):
        given: dict[Part, tuple | None] = {"train": train, "validation": validation, "test": test}
        self._parts = _checked({part: ex for part, ex in given.items() if ex is not None})
        targets = self._parts["train"].targets
        self.per_step = is_per_step(targets)
        self.metric = "accuracy" if is_whole(targets) else "loss"
        if is_whole(targets):
            found = [check_classes(part, ex, classes) for part, ex in self._parts.items()]
            self._output_dim = max(found) if classes is None else classes
        elif classes is not None:
            raise ValueError(f"classes={classes}, but the targets are numbers: {targets.dtype}")
        else:
            self._output_dim = targets.shape[-1]

    def __repr__(self) -> str:
        counts = ", ".join(f"{part}={len(ex.inputs)}" for part, ex in self._parts.items())
        return f"Arrays({counts})"

    @property
    def input_dim(self) -> int:
        """D; 1 where inputs are whole numbers to be embedded."""
        return _input_dim(self._parts["train"])

    @property
    def output_dim(self) -> int:
        """K: classes, or numbers of a target."""
        return self._output_dim

    @property
    def digest(self) -> str:
        """SHA-256 of all arrays."""
        return digest_of(self._parts)

    def source(self, part: Part, batch_size: int) -> Gathered | None:
        """Returns the batches of a part, None where it was not given."""
        return gather(self._parts.get(part), batch_size, per_step=self.per_step)


class StoredTask(Task, Static):
    """Sequences that are read from somewhere once, when they are first needed.

    Subclasses say by `load` how, and have the fields that tell which, as plain values: so they are
    flags of an experiment, and a value of the task is small enough to print. Where targets are one
    a sequence they say `per_step = False`; where validation is to choose by the accuracy,
    `metric = "accuracy"`.

    Example:
        >>> import numpy as np
        >>> class Signs(StoredTask):
        ...     '''Say whether the numbers of a file are above zero.'''
        ...
        ...     path: str = "signs.npy"
        ...     input_dim, output_dim = 1, 2
        ...
        ...     def load(self):
        ...         numbers = np.linspace(-1, 1, 40).reshape(8, 5, 1)  # np.load(self.path)
        ...         return {"train": Examples(numbers, numbers[..., 0] > 0)}
        >>> Signs().parts["train"].targets.shape
        (8, 5)
    """

    @abc.abstractmethod
    def load(self) -> Mapping[Part, tuple]:
        """Returns the parts there are, "train" among them, as `Examples`."""

    @property
    def parts(self) -> Mapping[Part, Examples]:
        """The parts, read at most once by a process.

        Raises:
            ValueError: if they fit neither each other nor what the task says of them.
        """
        return _loaded(self)

    @property
    def digest(self) -> str:
        """SHA-256 of all arrays."""
        return _digest(self)

    def source(self, part: Part, batch_size: int) -> Gathered | None:
        """Returns the batches of a part, None where there is none of it."""
        return gather(self.parts.get(part), batch_size, per_step=self.per_step)


@functools.cache
def _loaded(task: StoredTask) -> dict[Part, Examples]:
    parts = _checked(task.load())
    for part, examples in parts.items():
        check_sizes(part, examples, task)
    return parts


@functools.cache
def _digest(task: StoredTask) -> str:
    return digest_of(task.parts)


def gather(examples: Examples | None, batch_size: int, *, per_step: bool) -> Gathered | None:
    """Returns batches of stored examples."""
    if examples is None or not len(examples.inputs):
        return None
    return Gathered(jax.tree.map(jnp.asarray, examples), AsBatch(per_step), batch_size)


def check_sizes(part: str, examples: Examples, task: Task) -> None:
    """Refuses examples that are not what a task says of them.

    Raises:
        ValueError: if they are not.
    """
    targets = examples.targets
    if is_per_step(targets) != task.per_step:
        kinds = {True: "one a step (per_step = True)", False: "one a sequence (per_step = False)"}
        raise ValueError(
            f"{part}: targets are {targets.dtype} {targets.shape}, {kinds[is_per_step(targets)]}; "
            f"the task wants {kinds[task.per_step]}"
        )
    if task.embedded and examples.inputs.ndim == 2:
        check_symbols(part, examples, task.input_dim)
    elif _input_dim(examples) != task.input_dim:
        raise ValueError(
            f"{part}: inputs are {examples.inputs.shape}, but input_dim is {task.input_dim}"
        )
    if is_whole(targets):
        check_classes(part, examples, task.output_dim)
    elif targets.shape[-1] != task.output_dim:
        raise ValueError(
            f"{part}: targets are {targets.shape}, but output_dim is {task.output_dim}"
        )


def _checked(given: Mapping[Part, tuple]) -> dict[Part, Examples]:
    """Returns parts that fit each other."""
    unknown = given.keys() - set(PARTS)
    if unknown or "train" not in given:
        raise ValueError(
            f"the parts are {', '.join(PARTS)}, the first of them always; got {[*given]}"
        )
    parts: dict[Part, Examples] = {
        part: check_examples(part, examples) for part, examples in given.items()
    }
    first = parts["train"]
    for part, other in parts.items():
        if _kind(other) != _kind(first):
            raise ValueError(f"{part} has {_kind(other)}; train has {_kind(first)}")
    return parts


def _input_dim(examples: Examples) -> int:
    return examples.inputs.shape[-1] if examples.inputs.ndim == 3 else 1


def _kind(examples: Examples) -> str:
    """Names what parts have to share: all shapes but the number of examples and of steps."""
    inputs, targets = examples.inputs, examples.targets
    size = f"inputs of {inputs.shape[2]} features" if inputs.ndim == 3 else "whole inputs to embed"
    axes = "one a step" if is_per_step(targets) else "one a sequence"
    numbers = "classes" if is_whole(targets) else f"{targets.shape[-1]} numbers"
    return f"{size}, targets of {numbers}, {axes}"
