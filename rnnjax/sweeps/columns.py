"""The points of a sweep as columns of values."""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnjax.sweeps.records import Sweep

_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def point_columns(sweep: "Sweep") -> dict[str, list[Any]]:
    """Returns a value a point in each column, the points in the order of their numbers.

    Args:
        sweep: the sweep.

    Returns:
        By name: `number`, `status`, each swept setting, the step and the metrics of the best and
        of the final evaluation, as `best_validation_accuracy`, `seconds` and `folder`. What a
        point lacks is NaN in a column of numbers, and None in others.
    """
    points = sweep.points
    columns: dict[str, list[Any]] = {
        "number": [point.number for point in points],
        "status": [point.status for point in points],
    }
    for name in sweep.axes:
        columns[name] = typed_values([point.settings[name] for point in points])
    for evaluation in ("best", "final"):
        rows = [_flat(getattr(point, evaluation)) for point in points]
        for name in dict.fromkeys(name for row in rows for name in row):
            columns[f"{evaluation}_{name}"] = [row.get(name, math.nan) for row in rows]
    columns["seconds"] = [_number(point.seconds) for point in points]
    columns["folder"] = [str(point.folder) for point in points]
    return columns


def typed_values(texts: Sequence[str]) -> list[Any]:
    """Returns the values of a setting as numbers or booleans if all are, texts as they are.

    `none` stands beside numbers as NaN, beside booleans as None.

    Example:
        >>> typed_values(["8", "16"]), typed_values(["0.1", "none"]), typed_values(["yes", "False"])
        ([8, 16], [0.1, nan], [True, False])
        >>> typed_values(["LSTM", "none"])
        ['LSTM', 'none']
    """
    present = [text for text in texts if text.lower() != "none"]
    if not present:
        return list(texts)
    if all(text.lower() in _TRUTHS for text in present):
        return [_TRUTHS.get(text.lower()) for text in texts]
    kinds: Sequence[Callable[[str], Any]] = (int, float) if len(present) == len(texts) else (float,)
    for kind in kinds:
        with contextlib.suppress(ValueError):
            return [math.nan if text.lower() == "none" else kind(text) for text in texts]
    return list(texts)


def _flat(evaluation: dict[str, Any] | None) -> dict[str, Any]:
    """Returns an evaluation's step and its metrics by split and name."""
    found: dict[str, Any] = {}
    for part, value in (evaluation or {}).items():
        if isinstance(value, dict):
            found |= {f"{part}_{name}": _number(number) for name, number in value.items()}
        else:
            found[part] = _number(value)
    return found


def _number(value: float | None) -> float:
    return math.nan if value is None else value
