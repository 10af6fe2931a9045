"""Eigenvalues in the complex plane."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rnnjax.analysis.figures import titled_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKERS = "osD^vPX"


def plot_eigenvalues(
    eigenvalues: npt.ArrayLike, groups: Sequence[str], *, title: str = "eigenvalues"
) -> "Figure":
    """Draws the eigenvalues of linear steps in the complex plane, with the unit circle.

    Within the circle a mode decays, outside it grows; above and below the real axis it turns.

    Args:
        eigenvalues: `[M, N]`, per step, as `Linearization` has them.
        groups: what each of the M points is called; those of a name have a colour and a marker,
            names in the order in which they come.
        title: above the figure.

    Returns:
        The figure; nothing is saved.

    Raises:
        ValueError: if there is not a name a point.

    Example:
        >>> plot_eigenvalues([[0.5, 2.0]], ["1 unstable"]).axes[0].get_xlabel()
        'real part of eigenvalue, per step'
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    values = np.asarray(eigenvalues, complex)
    if values.ndim != 2 or len(groups) != len(values):
        raise ValueError(f"a name for each of [M, N] points; got {len(groups)} for {values.shape}")
    with titled_figure(title, (6.6, 5.6)) as figure:
        panel = figure.subplots()
        turn = 2 * np.pi * np.linspace(0, 1, 400)
        panel.plot(np.cos(turn), np.sin(turn), color=GREY, lw=1, label="unit circle")
        for k, name in enumerate(dict.fromkeys(groups)):
            some = np.ravel(values[np.array([group == name for group in groups], bool)])
            panel.plot(
                np.real(some),
                np.imag(some),
                ls="",
                marker=_MARKERS[k % len(_MARKERS)],
                ms=5,
                mfc="none",
                mec=COLOURS[k % len(COLOURS)],
                label=name,
            )
        panel.set(xlabel="real part of eigenvalue, per step", ylabel="imaginary part, per step")
        panel.set_aspect("equal", adjustable="datalim")
        figure.legend(loc="outside lower center", ncols=3)
        return figure
