"""What a network that writes was given, what was wanted, and what it wrote; where it looked."""

import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnnjax.runs.figures.style import GREY, save_figure, set_title, styled

_MOST_ROWS = 20
_MOST_LOOKS = 4
_WRONG = "#CC3311"


class Sample(NamedTuple):
    """A source, the target that was wanted, and what was written."""

    source: str
    wanted: str
    written: str

    @property
    def is_right(self) -> bool:
        """Whether all of it is as it was wanted."""
        return self.written == self.wanted


def samples_text(samples: Sequence[Sample]) -> str:
    """Returns samples as a table, a line each, those that are wrong marked.

    Example:
        >>> print(samples_text([Sample("1+2", "3", "3"), Sample("9+9", "18", "17")]), end="")
        source  wanted  written
        1+2     3       3
        9+9     18      17       wrong
    """
    rows = [Sample("source", "wanted", "written"), *samples]
    widths = [max(len(text) for text in column) for column in zip(*rows, strict=True)]
    lines = []
    for index, row in enumerate(rows):
        cells = "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        mark = "" if index == 0 or row.is_right else "  wrong"
        lines.append(f"{cells}{mark}".rstrip())
    return "\n".join([*lines, ""])


def draw_pairs(
    path: str | os.PathLike[str], samples: Sequence[Sample], *, title: str
) -> pathlib.Path:
    """Draws the first twenty samples as a table; what is wrong is red.

    Args:
        path: of the PNG; a PDF is written beside it.
        samples: what to draw.
        title: above the figure.

    Returns:
        The path of the PNG.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "samples.png"
        >>> draw_pairs(path, [Sample("1+2", "3", "3")], title="sums").name
        'samples.png'
    """
    lines = samples_text(samples[:_MOST_ROWS]).splitlines()
    with styled() as Figure:
        width, height = 0.4 + 0.088 * max(map(len, lines)), 0.22 * len(lines)
        figure = Figure(figsize=(max(width, 5.0), 1.0), dpi=160)
        above = set_title(figure, title) + 0.15
        total = above + height + 0.1
        figure.set_size_inches(figure.get_figwidth(), total)
        figure.suptitle(figure.get_suptitle(), fontsize=12, fontweight="bold", y=1 - 0.1 / total)
        for index, line in enumerate(lines):
            wrong = index > 0 and not samples[index - 1].is_right
            colour = GREY if index == 0 else _WRONG if wrong else "black"
            y = 1 - (above + 0.22 * (index + 0.5)) / total
            how = {"family": "monospace", "fontsize": 10, "va": "center", "color": colour}
            # As text: dollar signs in a source begin no formula.
            figure.text(0.2 / figure.get_figwidth(), y, line, parse_math=False, **how)
        return save_figure(figure, path)


class Look(NamedTuple):
    """Where a network looked while it wrote.

    Attributes:
        weights: `[written, read]`, in each row of sum one.
        written: symbols.
        read: symbols, in the order in which they were read.
    """

    weights: np.ndarray
    written: Sequence[str]
    read: Sequence[str]


def draw_attention(
    path: str | os.PathLike[str], looks: Sequence[Look], *, title: str
) -> pathlib.Path:
    """Draws where a network looked, for the first four of several sources.

    Args:
        path: of the PNG; a PDF is written beside it.
        looks: what to draw.
        title: above the figure.

    Returns:
        The path of the PNG.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "attention.png"
        >>> look = Look(np.eye(2), ["b", "a"], ["a", "b"])
        >>> draw_attention(path, [look], title="words").name
        'attention.png'
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    looks = looks[:_MOST_LOOKS]
    wide = 1.2 + 0.22 * max(len(look.read) for look in looks)
    high = 0.9 + 0.22 * max(len(look.written) for look in looks)
    with styled({"axes.grid": False}) as Figure:
        figure = Figure(
            figsize=(max(2 * wide, 6.0), 0.8 + high * -(-len(looks) // 2)),
            dpi=160,
            layout="constrained",
        )
        set_title(figure, title)
        panels = figure.subplots(-(-len(looks) // 2), 2, squeeze=False).ravel()
        for panel in panels[len(looks) :]:
            panel.set_axis_off()
        colours = ScalarMappable(Normalize(0, 1), "Blues")
        for panel, look in zip(panels, looks, strict=False):
            panel.imshow(look.weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            panel.set_xticks(range(len(look.read)), _shown(look.read), family="monospace")
            panel.set_yticks(range(len(look.written)), _shown(look.written), family="monospace")
            panel.tick_params(length=0)
            panel.set(xlabel="read", ylabel="written")
        figure.colorbar(colours, ax=list(panels), label="weight", shrink=0.8)
        return save_figure(figure, path)


def _shown(symbols: Sequence[str]) -> list[str]:
    """Returns symbols as labels; a space can be seen."""
    return [symbol.replace(" ", "\N{OPEN BOX}") for symbol in symbols]
