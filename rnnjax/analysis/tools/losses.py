"""What a run's network answers, and what it loses, sequence by sequence."""

from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.runs.load import LoadedRun
from rnnjax.typing import Array


def answers(run: LoadedRun, xs: Array, steps: Array | None = None, model: Any = None) -> Array:
    """Returns the outputs for inputs of the first layer, `[T, B, K]`, or `[B, K]` one a sequence.

    Args:
        run: of which network.
        xs: `[T, B, D]`; symbols are embedded.
        steps: boolean `[T, B]`.
        model: the network, changed; its own if None.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> answers(run, jnp.zeros((9, 1, 3))).shape  # doctest: +SKIP
        (9, 1, 3)
    """
    bare = (run.model if model is None else model).clone(encoder=None)
    return bare.apply({"params": run.params}, xs, mask=steps)[1]


def readout(run: LoadedRun, ys: Array) -> Array:
    """Returns what the readout makes of outputs of the last layer at one step, `[B, K]`.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> readout(run, jnp.zeros((4, 16))).shape  # doctest: +SKIP
        (4, 3)
    """
    found = run.model.clone(layers=(), encoder=None).apply({"params": run.params}, ys[None])[1]
    return found[0] if run.task.per_step else found


def losses(run: LoadedRun, outputs: Array, batch: Batch) -> Array:
    """Returns the loss of each sequence by itself, `[B]`.

    Args:
        run: whose loss.
        outputs: as `answers` returns them.
        batch: what is wanted.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> batch = run.examples("test", 8)  # doctest: +SKIP
        >>> losses(run, run.predict(batch.inputs), batch).shape  # doctest: +SKIP
        (8,)
    """
    axis = 1 if run.task.per_step else 0

    def one(outputs: Array, targets: Array, mask: Array) -> Array:
        outputs, targets, mask = (jnp.expand_dims(x, axis) for x in (outputs, targets, mask))
        return run.objective.loss(outputs, Batch(outputs, targets, mask))

    return jax.vmap(one, axis)(outputs, batch.targets, batch.mask)
