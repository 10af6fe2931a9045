"""Sequences in host memory: what they look like, how they are checked, divided and made a batch."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.sources import PARTS, Part
from rnnjax.typing import Array, Static


class Examples(NamedTuple):
    """Sequences in host memory, N of them padded to T steps.

    Attributes:
        inputs: `[N, T, D]`, or whole numbers `[N, T]` for a network that embeds them.
        targets: whole numbers or booleans for classes, `[N]` or one a step, `[N, T]`; else `[N, K]`
            or `[N, T, K]`.
        lengths: whole numbers `[N]`, the steps of each sequence; what comes after them in `inputs`
            and `targets` is padding and may be anything. None where all have T.

    Example:
        >>> import numpy as np
        >>> inputs = np.array([[[0.5], [0.1]], [[0.7], [np.nan]]])  # the second has one step
        >>> Examples(inputs, targets=np.array([1, 0]), lengths=np.array([2, 1])).inputs.shape
        (2, 2, 1)
    """

    inputs: Any
    targets: Any
    lengths: Any = None


def split(
    examples: tuple, validation: float = 0.1, test: float = 0.1, seed: int = 0
) -> dict[Part, Examples]:
    """Divides examples at random into the parts of an `Arrays`.

    Args:
        examples: `Examples`, or a tuple of their fields.
        validation: which share of them the best parameters are chosen by; 0 for none.
        test: which share is seen by nothing but the last report; 0 for none.
        seed: the same number divides equally many examples in the same way, on any machine.

    Returns:
        The parts by name, each in the order in which the examples came.

    Raises:
        ValueError: if a share is no share, holds no example, or nothing is left to train on.

    Example:
        >>> import numpy as np
        >>> inputs, labels = np.zeros((20, 5, 3)), np.arange(20) % 2
        >>> parts = split((inputs, labels), validation=0.1, test=0.25)
        >>> {part: len(examples.targets) for part, examples in parts.items()}
        {'train': 13, 'validation': 2, 'test': 5}
    """
    examples = check_examples("examples", examples)
    count = len(examples.inputs)
    shares: dict[Part, float] = {"test": test, "validation": validation}
    counts: dict[Part, int] = {}
    for part, share in shares.items():
        if not 0 <= share < 1:
            raise ValueError(f"{part} is a share, from 0 to below 1; got {share!r}")
        counts[part] = round(share * count)
        if share and not counts[part]:
            raise ValueError(f"{part}: {share} of {count} examples is less than one")
    if sum(counts.values()) >= count:
        raise ValueError(f"nothing of {count} examples is left to train on")
    # The legacy generator on purpose: its stream is frozen, so a division never changes.
    order = np.random.RandomState(seed).permutation(count)
    parts: dict[Part, Examples] = {}
    for part, some in counts.items():
        chosen, order = np.sort(order[:some]), order[some:]
        parts[part] = rows_of(examples, chosen)
    parts["train"] = rows_of(examples, np.sort(order))
    return {part: parts[part] for part in PARTS if len(parts[part].inputs)}


def rows_of(examples: Examples, rows: Any) -> Examples:
    """Returns some of the examples; `rows` is whatever indexes an array."""
    return Examples(*(None if x is None else x[rows] for x in examples))


def check_examples(part: str, examples: Any) -> Examples:
    """Returns examples as NumPy arrays that fit each other, numbers in single precision.

    Args:
        part: what they are called in a message.
        examples: `Examples`, a tuple of their fields, or a mapping that has them by name.

    Raises:
        TypeError: if they are none of these.
        ValueError: if they do not fit each other.
    """
    inputs, targets, lengths = _fields(part, examples)
    inputs, targets = _numbers(f"{part}: inputs", inputs), _numbers(f"{part}: targets", targets)
    if not (inputs.ndim == 3 or (inputs.ndim == 2 and is_whole(inputs))):
        raise ValueError(
            f"{part}: inputs are {inputs.dtype} {inputs.shape}, not [N, T, D] "
            "(or whole numbers [N, T], to be embedded)"
        )
    whole = is_whole(targets)
    if targets.ndim not in ((1, 2) if whole else (2, 3)):
        kinds = "[N] or [N, T]" if whole else "[N, K] or [N, T, K]"
        raise ValueError(f"{part}: targets are {targets.dtype} {targets.shape}, not {kinds}")
    if len(targets) != len(inputs):
        raise ValueError(f"{part}: there are {len(inputs)} inputs and {len(targets)} targets")
    if is_per_step(targets) and targets.shape[1] != inputs.shape[1]:
        what = "classes (whole numbers)" if whole else "numbers"
        raise ValueError(
            f"{part}: targets {targets.shape} are {what} at {targets.shape[1]} steps, "
            f"inputs {inputs.shape} have {inputs.shape[1]}"
        )
    if lengths is not None:
        lengths = _numbers(f"{part}: lengths", lengths)
        if not is_whole(lengths) or lengths.shape != inputs.shape[:1]:
            raise ValueError(
                f"{part}: lengths are {lengths.dtype} {lengths.shape}, not a whole number for each "
                f"of {len(inputs)} sequences"
            )
        if ((lengths < 0) | (lengths > inputs.shape[1])).any():
            raise ValueError(f"{part}: a length is not between 0 and the {inputs.shape[1]} steps")
        if len(lengths) and not lengths.any():
            raise ValueError(f"{part}: all lengths are 0: there is not one step")
        lengths = lengths.astype(np.int32)
    return Examples(inputs, targets.astype(np.int32) if whole else targets, lengths)


def is_whole(array: np.ndarray | Array) -> bool:
    """Says whether an array is of whole numbers, as classes and tokens are."""
    return np.issubdtype(array.dtype, np.integer)


def is_per_step(targets: np.ndarray) -> bool:
    """Says whether targets are wanted at every step: `[N, T]` of classes or `[N, T, K]`."""
    return targets.ndim == (2 if is_whole(targets) else 3)


def check_classes(part: str, examples: Examples, classes: int | None) -> int:
    """Returns one more than the largest class, where a class counts: padding may be anything.

    Raises:
        ValueError: if a class is negative, or not below `classes`.
    """
    targets = examples.targets
    if is_per_step(targets) and examples.lengths is not None:
        steps = np.arange(targets.shape[1]) < examples.lengths[:, None]
        targets = targets[steps]
    least, most = (int(targets.min()), int(targets.max())) if targets.size else (0, -1)
    if least < 0 or (classes is not None and most >= classes):
        wanted = "0 or more" if classes is None else f"0 to {classes - 1}"
        raise ValueError(
            f"{part}: a target is {least if least < 0 else most}, classes are {wanted}"
        )
    return most + 1


def check_symbols(part: str, examples: Examples, symbols: int) -> None:
    """Refuses inputs to be embedded that are no symbols, where there is a step.

    Raises:
        ValueError: if one is negative, or not below `symbols`.
    """
    inputs = examples.inputs
    if examples.lengths is not None:
        inputs = inputs[np.arange(inputs.shape[1]) < examples.lengths[:, None]]
    if inputs.size and not 0 <= inputs.min() <= inputs.max() < symbols:
        wrong = inputs.min() if inputs.min() < 0 else inputs.max()
        raise ValueError(f"{part}: an input is {wrong}, symbols are 0 to {symbols - 1}")


def class_entropy(labels: np.ndarray) -> float:
    """Returns the entropy of classes in nats: the loss of a guess that knows their shares alone.

    Args:
        labels: whole numbers `[N]`.

    Example:
        >>> round(class_entropy(np.array([0, 1, 1, 0])), 4)
        0.6931
    """
    _, counts = np.unique(labels, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares @ np.log(shares)))


def digest_of(parts: Mapping[Part, Examples]) -> str:
    """Returns a SHA-256 over shapes and bytes of all arrays, in the order of the parts."""
    sha = hashlib.sha256()
    for part in PARTS:
        for array in parts.get(part, ()):
            if array is not None:
                sha.update(f"{part} {array.dtype} {array.shape}".encode())
                sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()


class AsBatch(Static):
    """Makes a batch of examples, on the device: time first, padding masked."""

    per_step: bool

    def __call__(self, examples: Examples, there: Array) -> Batch:
        """Takes arrays `[B, ...]` and which of them are there, boolean `[B]`."""
        inputs = jnp.swapaxes(examples.inputs, 0, 1)
        targets, mask, steps = examples.targets, there, None
        if examples.lengths is not None:
            steps = (jnp.arange(len(inputs))[:, None] < examples.lengths[None]) & there[None]
        if self.per_step:
            targets = jnp.swapaxes(targets, 0, 1)
            mask = jnp.broadcast_to(there, inputs.shape[:2]) if steps is None else steps
        elif examples.lengths is not None:
            mask = there & (examples.lengths > 0)
        return Batch(inputs, targets, mask, steps)


def _fields(part: str, examples: Any) -> Examples:
    try:
        if isinstance(examples, Mapping):
            return Examples(**examples)
        if isinstance(examples, tuple | list):
            return Examples(*examples)
    except TypeError:
        pass
    raise TypeError(
        f"{part} is a tuple (inputs, targets) or (inputs, targets, lengths); got {_kind(examples)}"
    )


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"a mapping of {', '.join(map(str, value)) or 'nothing'}"
    if isinstance(value, tuple | list):
        return f"{len(value)} of them"
    return f"{type(value).__name__}"


def _numbers(name: str, values: Any) -> np.ndarray:
    """Returns an array as training has it: float32 unless they are whole."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} are of unequal shapes: pad them, and give lengths") from error
    if array.dtype == bool:
        return array.astype(np.int32)
    if is_whole(array):
        return array
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise ValueError(f"{name} are {array.dtype}, not numbers")
    return array.astype(np.float32, copy=False)
