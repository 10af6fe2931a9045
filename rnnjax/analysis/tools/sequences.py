"""Sequences of a run's task, as its first recurrent layer sees them."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.tools.recurrence import as_precise
from rnnjax.batch import Batch
from rnnjax.runs.load import LoadedRun
from rnnjax.typing import Array


class Sequences(NamedTuple):
    """Some sequences, in the precision that JAX has when they are asked for.

    Attributes:
        xs: inputs of the first layer, `[T, B, D]`; symbols are embedded.
        steps: boolean `[T, B]`, False where there is no step; None where all are steps.
        batch: the sequences as the task has them.

    Example:
        >>> Sequences(jnp.ones((5, 2, 3)), None, None).end_to_end().shape
        (10, 3)
    """

    xs: Array
    steps: Array | None
    batch: Batch

    def real(self, states: Array) -> Array:
        """Returns those of states `[T, B, N]` that are after a step, `[R, N]`."""
        there = np.ones(states.shape[:2], bool) if self.steps is None else np.asarray(self.steps)
        return states[there]

    def end_to_end(self) -> Array:
        """Returns the inputs of one sequence after the other, `[R, D]`."""
        by_sequence = self._replace(
            xs=jnp.swapaxes(self.xs, 0, 1),
            steps=None if self.steps is None else self.steps.T,
        )
        return by_sequence.real(by_sequence.xs)

    def ending_together(self) -> "Sequences":
        """Returns them moved so that all end with the last step; before them there are no steps.

        The batch stays as it is.
        """
        if self.steps is None:
            return self
        order = jnp.argsort(self.steps, axis=0, stable=True)
        xs = jnp.take_along_axis(self.xs, order[..., None], 0)
        return self._replace(xs=xs, steps=jnp.take_along_axis(self.steps, order, 0))

    def whole(self) -> "Sequences":
        """Returns those that have all of the steps.

        Raises:
            ValueError: if there are fewer than two.
        """
        if self.steps is None:
            return self
        chosen = np.flatnonzero(np.asarray(self.steps).all(0))
        if len(chosen) < 2:
            raise ValueError(f"{len(chosen)} of {self.steps.shape[1]} sequences have all steps")
        batch = _of_sequences(self.batch, self.xs.shape[1], chosen)
        return Sequences(self.xs[:, chosen], None, batch._replace(steps=None))


def sequences_of(run: LoadedRun, count: int) -> Sequences:
    """Returns the first sequences of the test, or of training where there is none.

    Args:
        run: of which network, of recurrent layers.
        count: how many sequences.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> sequences_of(run, 8).xs.shape  # doctest: +SKIP
        (100, 8, 3)
    """
    part = "test" if run.task.source("test", 1) is not None else "train"
    with jax.enable_x64(False):  # in double precision other numbers would be drawn
        batch = run.examples(part, count)
    encoder = run.model.encoder
    xs: Any = batch.inputs
    if encoder is not None:
        xs = encoder.apply({"params": run.params["encoder"]}, xs)
    return Sequences(as_precise(xs), batch.steps, batch)


def _of_sequences(batch: Batch, count: int, chosen: np.ndarray) -> Batch:
    """Returns some sequences of a batch; targets are one a step or one a sequence."""

    def some(leaf: Array) -> Array:
        is_by_step = leaf.ndim > 1 and leaf.shape[1] == count
        return leaf[:, chosen] if is_by_step else leaf[chosen]

    return jax.tree.map(some, batch)
