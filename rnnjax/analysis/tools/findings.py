"""What a tool finds in a run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Findings(NamedTuple):
    """What a tool returns, and the command writes.

    Attributes:
        numbers: what `numbers.json` holds: whatever JSON can.
        chief: the few of them that the last line on screen says, by name.
        arrays: what `arrays.npz` holds, by name.
        figures: each is written as NAME.png and NAME.pdf.
        pages: HTML, each is written as NAME.html.

    Example:
        >>> Findings({"stable": 8}, ("stable",)).headline()
        'stable=8'
    """

    numbers: Mapping[str, Any]
    chief: tuple[str, ...]
    arrays: Mapping[str, np.ndarray] = {}
    figures: Mapping[str, "Figure"] = {}
    pages: Mapping[str, str] = {}

    def headline(self) -> str:
        """Returns the chief numbers as they are said on a line."""
        return " ".join(f"{name}={_said(self.numbers[name])}" for name in self.chief)

    def rows(self) -> list[tuple[str, str]]:
        """Returns the numbers that fit a line of a table, with their names."""
        plain = {k: v for k, v in self.numbers.items() if not isinstance(v, list | dict)}
        return [(name.replace("_", " "), _said(value)) for name, value in plain.items()]


def _said(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def numbers_of(**found: Any) -> dict[str, Any]:
    """Returns numbers as a table and JSON have them: arrays of one as numbers, None for no number.

    What is not finite is no number: a time constant of what does not decay.

    Example:
        >>> numbers_of(units=np.int64(3), tau=np.inf)
        {'units': 3, 'tau': None}
    """

    def plain(value: Any) -> Any:
        value = np.asarray(value).item() if hasattr(value, "dtype") else value
        return None if isinstance(value, float) and not np.isfinite(value) else value

    return {name: plain(value) for name, value in found.items()}
