"""Penalties on what hidden units do, which a loss adds."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.axes import grown
from rnnjax.batch import Batch, masked_mean
from rnnjax.models import Recurrent
from rnnjax.numbers import single_or_wider
from rnnjax.training.objective import Noise, OnSequences
from rnnjax.typing import Array, Params, State


def activity(hs: Array, mask: Array | None = None) -> Array:
    """Returns the mean of `hs**2` over steps and units, a scalar in single precision at least.

    Args:
        hs: what units do over time, `[T, ..., H]`.
        mask: boolean `[T, ...]`, False where there is no step.

    Example:
        >>> activity(jnp.array([[1.0, 2.0], [0.0, 1.0]])).item()
        1.5

    References:
        Merity, McCann & Socher (2017), Revisiting activation regularization for language RNNs,
        arXiv:1708.01009 (AR).
    """
    squares = jnp.square(hs.astype(single_or_wider(hs.dtype))).mean(-1)
    mask = jnp.ones((), bool) if mask is None else grown(mask, squares.ndim)
    return masked_mean(squares, jnp.broadcast_to(mask, squares.shape))


def slowness(hs: Array, mask: Array | None = None, reset: Array | None = None) -> Array:
    """Returns the mean of `(h_t - h_{t-1})**2` over pairs of steps and units, as `activity`.

    Args:
        hs: what units do over time, `[T, ..., H]`.
        mask: boolean `[T, ...]`, False where there is no step; pairs have both.
        reset: boolean `[T, ...]`, True where a new sequence begins: that and the step before are
            no pair.

    Example:
        >>> slowness(jnp.array([[1.0], [2.0], [4.0]])).item()
        2.5

    References:
        Merity, McCann & Socher (2017), Revisiting activation regularization for language RNNs,
        arXiv:1708.01009 (TAR).
    """
    pairs = jnp.ones((), bool)
    if mask is not None:
        pairs = mask[1:] & mask[:-1]
    if reset is not None:
        ends = ~reset[1:]
        pairs = grown(pairs, ends.ndim) & ends if pairs.ndim else ends
    changes = jnp.diff(hs.astype(single_or_wider(hs.dtype)), axis=0)
    return activity(changes, pairs if pairs.ndim else None)


class Penalised(NamedTuple):
    """Outputs of a network in training, and what its loss adds."""

    outputs: Array
    penalty: Array


class ActivityRegularised(OnSequences):
    """A `SequenceModel` whose last recurrent layer is to do little, and that slowly.

    In training the loss is the task's, and `ar * activity(hs) + tar * slowness(hs)`, with `hs` the
    outputs of that layer; of one that runs both ways those of each direction are added. Else, as in
    validation, it is the task's. The authors' activity is that after the dropout of `hs`, here it
    is that before. A task that `carries` is learned on windows.

    Attributes:
        ar: the weight of the activity.
        tar: the weight of its change from step to step.

    Example:
        >>> from rnnjax import cells, models, tasks, training
        >>> model = models.sequence_model(cells.Elman(8), models.All, 1)
        >>> objective = ActivityRegularised(model, tasks.Adding(10), ar=2.0, tar=1.0)
        >>> fitted = training.fit(objective, tasks.Adding(10), 2, batch_size=4)

    References:
        Merity, Keskar & Socher (2018), Regularizing and optimizing LSTM language models, ICLR,
        arXiv:1708.02182.
    """

    ar: float = 2.0
    tar: float = 1.0

    def loss(self, outputs: Any, batch: Batch) -> Array:
        """Returns the mean loss, with the penalty if there is one."""
        if not isinstance(outputs, Penalised):
            return super().loss(outputs, batch)
        return super().loss(outputs.outputs, batch) + outputs.penalty

    def metrics(self, outputs: Any, batch: Batch) -> dict[str, Array]:
        """Returns what else is worth reporting, the task's."""
        plain = outputs.outputs if isinstance(outputs, Penalised) else outputs
        return super().metrics(plain, batch)

    def _run(
        self,
        params: Params,
        states: State | None,
        batch: Batch,
        noise: Noise | None,
        **settings: Any,
    ) -> Any:
        if noise is None:
            return super()._run(params, states, batch, noise, **settings)
        settings |= {"capture_intermediates": _is_layer, "mutable": ["intermediates"]}
        (after, outputs), seen = super()._run(params, states, batch, noise, **settings)
        last = seen["intermediates"][f"layers_{len(self.model.layers) - 1}"]
        penalty = jnp.zeros(())
        for _, hs in jax.tree.leaves(last, is_leaf=lambda x: isinstance(x, tuple) and len(x) == 2):
            penalty += self.ar * activity(hs, batch.steps)
            penalty += self.tar * slowness(hs, batch.steps, batch.reset)
        return after, Penalised(outputs, penalty)


def _is_layer(module: Any, method: str) -> bool:
    return isinstance(module, Recurrent) and method == "__call__"
