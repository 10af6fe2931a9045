"""What is minimised for each kind of network and task."""

from typing import Any

import flax.linen as nn

from rnnjax import models
from rnnjax.cells.base import Cell
from rnnjax.tasks.base import Task
from rnnjax.tasks.pairs.pairtask import PairTask
from rnnjax.training.objective import Loss, Objective, OnFlattened, OnSequences
from rnnjax.training.pairs import OnFlattenedPairs, OnPairs


def make_objective(network: Any, task: Task, loss: Loss | None = None) -> Objective:
    """Returns what is minimised when a network learns a task.

    Args:
        network: a cell, which becomes one layer with a readout, or an encoder and a decoder where
            the task is one of pairs; a `SequenceModel`, trained on whole sequences, or on windows
            where the task `carries`; an `EncoderDecoder`; an `MLP`, which sees a sequence at once;
            any other Flax module, called as `Objective` says; or an `Objective`, which has this
            task already and a loss of its own.
        task: what it learns.
        loss: `(outputs, batch) -> scalar`, instead of the task's.

    Raises:
        TypeError: if the network is none of these, or the task no `Task`, or an `EncoderDecoder` is
            to learn anything else than pairs.
        ValueError: if an `Objective` is of another task, or is given a loss.

    Example:
        >>> from rnnjax import cells, tasks
        >>> make_objective(cells.LSTM(8), tasks.Adding(10)).model.readout.output_dim
        1
    """
    if not isinstance(task, Task):
        arrays = "; of arrays make tasks.Arrays((inputs, targets))" * isinstance(task, tuple | list)
        kind = f"{task!r}" if isinstance(task, str) else type(task).__name__
        raise TypeError(f"a task is learned, such as tasks.Adding(length=100); got {kind}{arrays}")
    if loss is not None and not callable(loss):
        raise TypeError(f"a loss is a function of outputs and batch; got {loss!r}")
    if isinstance(network, Objective):
        if network.task != task:
            raise ValueError(f"the Objective is of {network.task}, and the task is {task}")
        if loss is not None:
            raise ValueError("an Objective has its own loss: give it the other one as own_loss")
        return network
    if not isinstance(network, Cell | nn.Module):
        raise TypeError(f"a cell, a Flax module or an Objective is trained; got {network!r}")
    if isinstance(task, PairTask):
        return _on_pairs(network, task, loss)
    if isinstance(network, Cell):
        readout = models.All if task.per_step else models.Last
        encoder = nn.Embed(task.input_dim, task.input_dim) if task.embedded else None
        network = models.sequence_model(network, readout, task.output_dim, encoder=encoder)
    if isinstance(network, models.EncoderDecoder):
        wanted = "a tasks.PairTask, as tasks.Reversal()"
        raise TypeError(f"an EncoderDecoder learns {wanted}; got {task}")
    if isinstance(network, models.SequenceModel):
        return OnSequences(network, task, loss)
    if isinstance(network, models.MLP):
        return OnFlattened(network, task, loss)
    return Objective(network, task, loss)


def _on_pairs(network: Cell | nn.Module, task: PairTask, loss: Loss | None) -> Objective:
    if isinstance(network, Cell):
        network = models.encoder_decoder(network, task.input_dim, task.output_dim)
    if isinstance(network, models.EncoderDecoder):
        return OnPairs(network, task, loss)
    if isinstance(network, models.MLP):
        return OnFlattenedPairs(network, task, loss)
    raise TypeError(
        f"{task} is written after it is read: it needs a models.EncoderDecoder, or an MLP, which "
        f"sees all at once; got {type(network).__name__}"
    )
