"""How figures look, and how they are written."""

import contextlib
import io
import os
import pathlib
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rnnjax.runs.durable import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Paul Tol's bright scheme, told apart in all common kinds of colour blindness.
COLOURS = ("#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE")
GREY = "#555555"
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.solid_capstyle": "round",
    "xtick.color": GREY,
    "ytick.color": GREY,
}


@contextlib.contextmanager
def styled(changes: Mapping[str, Any] | None = None) -> Iterator[type["Figure"]]:
    """Draws in this style; a backend that the environment names is neither needed nor used.

    Args:
        changes: in which the style differs.

    Yields:
        The class of figures.

    Example:
        >>> with styled({"axes.grid": False}) as Figure:
        ...     Figure().subplots().xaxis.get_gridlines()[0].get_visible()
        False
    """
    _import_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {**STYLE}
    style.update(changes or {})
    with matplotlib.rc_context(style):
        yield Figure


def _import_matplotlib() -> None:
    """Imports matplotlib, which takes 0.3 s and fails where `MPLBACKEND` names what is not here.

    So a notebook's kernel does for all that is started from it.
    """
    if "matplotlib" in sys.modules:
        return
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with contextlib.suppress(ValueError):  # as it does itself
            matplotlib.rcParams["backend"] = backend


def set_title(figure: "Figure", title: str) -> float:
    r"""Puts a title above a figure of its final width, in as many lines as it takes.

    Returns:
        The inches at the top that it fills.

    Example:
        >>> from matplotlib.figure import Figure
        >>> figure = Figure(figsize=(2.0, 2.0))
        >>> inches = set_title(figure, "LSTM(128) on MNIST by rows")
        >>> figure.get_suptitle()
        'LSTM(128) on MNIST\nby rows'
    """
    size = 12  # points, of which a bold letter is two thirds wide
    room = int(72 * figure.get_figwidth() / (2 / 3 * size))
    lines = textwrap.wrap(title, room)
    figure.suptitle("\n".join(lines), fontsize=size, fontweight="bold")
    return 0.1 + 1.2 * size / 72 * len(lines)


def save_figure(figure: "Figure", path: str | os.PathLike[str]) -> pathlib.Path:
    """Writes a figure as PNG, and beside it as a PDF of the same stem.

    A reader finds the old file or the new one, never half of one. Equal figures are equal bytes.

    Args:
        figure: what to write.
        path: of the PNG.

    Returns:
        The path of the PNG.

    Example:
        >>> import tempfile
        >>> from matplotlib.figure import Figure
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> save_figure(Figure(), folder / "empty.png").name
        'empty.png'
        >>> sorted(path.name for path in folder.iterdir())
        ['empty.pdf', 'empty.png']
    """
    import matplotlib

    path = pathlib.Path(path)
    with matplotlib.rc_context({"pdf.fonttype": 42}):  # fonts that journals accept
        pdf = _drawn(figure, format="pdf", metadata={"CreationDate": None})
    write_bytes(path.with_suffix(".pdf"), pdf, synced=False)
    write_bytes(path, _drawn(figure, format="png"), synced=False)
    return path


def _drawn(figure: "Figure", **how: Any) -> bytes:
    # To memory first: of a file that it cannot write, matplotlib leaves a half, and open.
    buffer = io.BytesIO()
    figure.savefig(buffer, **how)
    return buffer.getvalue()


def not_drawn(folder: pathlib.Path, error: Exception) -> str:
    """Returns a line that says why a folder has no figures.

    Example:
        >>> not_drawn(pathlib.Path("/runs/a"), OSError(28, "No space left on device"))
        '/runs/a: the figures could not be drawn: No space left on device'
    """
    why = str(getattr(error, "strerror", None) or error).strip().partition("\n")[0]
    return f"{folder}: the figures could not be drawn: {why or type(error).__name__}"


def spans_decade(values: npt.ArrayLike) -> bool:
    """Says whether numbers, those that are not finite left out, ask for a logarithmic axis.

    Example:
        >>> spans_decade([0.01, 1.0]), spans_decade([0.5, 1.0]), spans_decade([0.0, 1.0])
        (True, False, False)
    """
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    return bool(len(found) and 0 < 10 * found.min() < found.max())
