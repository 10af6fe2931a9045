"""Batches as strings, and what the best guess from a symbol alone loses."""

import numpy as np

from tests.tasks.compiled import judge


def lengths(batch):
    T, B = batch.inputs.shape[:2]
    return np.full(B, T) if batch.steps is None else batch.steps.sum(0)


def strings(batch, alphabet):
    """Returns what is shown, a letter a step."""
    assert np.isin(batch.inputs, (0, 1)).all()
    shown = batch.inputs.argmax(-1)
    for b, length in enumerate(lengths(batch)):
        assert (batch.inputs[:length, b].sum(-1) == 1).all()
        assert batch.steps is None or batch.steps[:length, b].all()
    each = zip(shown.T, lengths(batch), strict=True)
    return ["".join(alphabet[i] for i in row[:length]) for row, length in each]


def wanted(batch, alphabet):
    """Returns the symbols that may come after each step, in the order of the alphabet."""
    assert np.isin(batch.targets, (0, 1)).all()
    rows = zip(np.moveaxis(batch.targets, 1, 0), lengths(batch), strict=True)
    return [
        ["".join(s for s, bit in zip(alphabet, bits, strict=True) if bit) for bits in row[:length]]
        for row, length in rows
    ]


def loss_by_symbol(task, batch):
    """Returns the loss of frequencies, or mean targets, given the symbol that is shown."""
    shown = batch.inputs.argmax(-1)
    is_class = np.issubdtype(batch.targets.dtype, np.integer)
    targets = np.eye(task.output_dim)[batch.targets] if is_class else batch.targets
    outputs = np.zeros((*shown.shape, task.output_dim), np.float32)
    for symbol in range(task.input_dim):
        here = batch.mask & (shown == symbol)
        if here.any():
            mean = targets[here].mean(0)
            outputs[here] = np.log(np.maximum(mean, 1e-9)) if is_class else mean
    return judge(task, outputs, batch)[0]
