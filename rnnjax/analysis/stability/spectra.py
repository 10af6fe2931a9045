"""Eigenvalues of a matrix while a network trains."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import jax
import numpy as np
import numpy.typing as npt

from rnnjax.analysis.figures import titled_figure
from rnnjax.training.loop import Listener, Moment
from rnnjax.typing import Array, Params

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Spectra(Listener):
    """Keeps the eigenvalues of a matrix of one member, whenever training is logged.

    Of a cell with gates take one block of its matrix at a time, and better the Jacobian of a step
    at a typical state: eigenvalues of one gate's matrix are not those of the dynamics.

    Args:
        matrix: makes a matrix `[N, N]` of the parameters of the network.
        member: which member of a population.

    Attributes:
        steps: updates made at each moment.
        eigenvalues: complex `[N]` at each moment, in the order of those nearest to them before.

    Raises:
        ValueError: while training, if it makes no square matrix.

    References:
        Rajan & Abbott (2006), Eigenvalue spectra of random matrices for neural networks, Physical
        Review Letters 97.

    Example:
        >>> from rnnjax import cells, tasks, training
        >>> spectra = Spectra(lambda params: params["layers_0"]["cell"]["w_h"])
        >>> task, options = tasks.Adding(4), {"batch_size": 8, "log_every": 1}
        >>> _ = training.fit(cells.Elman(3), task, 2, listeners=[spectra], **options)
        >>> spectra.steps, [len(values) for values in spectra.eigenvalues]
        ([1, 2], [3, 3])
    """

    def __init__(self, matrix: Callable[[Params], Array], member: int = 0) -> None:
        self.steps: list[int] = []
        self.eigenvalues: list[np.ndarray] = []
        self._matrix, self._member = matrix, member

    def logged(self, moment: Moment) -> None:
        """Keeps the eigenvalues at this moment."""
        if not moment.here[self._member]:
            return
        judged = moment.members.state.judged
        found = np.asarray(self._matrix(jax.tree.map(lambda leaf: leaf[self._member], judged)))
        if found.ndim != 2 or found.shape[0] != found.shape[1]:
            raise ValueError(f"a square matrix has eigenvalues; got {found.shape}")
        values = np.linalg.eigvals(found.astype(np.result_type(found.dtype, np.float64)))
        values = values.astype(complex)
        if self.eigenvalues:
            values = match_eigenvalues(self.eigenvalues[-1], values)
        self.steps.append(moment.step)
        self.eigenvalues.append(values)


def match_eigenvalues(before: npt.ArrayLike, after: npt.ArrayLike) -> np.ndarray:
    """Returns eigenvalues in the order of those before: distances in the plane are least in sum.

    By their sizes they could not be followed where two cross.

    Args:
        before: complex `[N]`.
        after: complex `[N]`.

    Returns:
        `after` in another order.

    Raises:
        ValueError: if they are not as many.

    Example:
        >>> match_eigenvalues([1j, -1j, 0.9], [1.1, -0.8j, 0.8j]).tolist()
        [0.8j, (-0-0.8j), (1.1+0j)]
    """
    from scipy.optimize import linear_sum_assignment

    before, after = np.asarray(before, complex), np.asarray(after, complex)
    if before.shape != after.shape or before.ndim != 1:
        raise ValueError(
            f"eigenvalues are [N], as many as before; got {after.shape} after {before.shape}"
        )
    _, order = linear_sum_assignment(np.abs(before[:, None] - after[None, :]))
    return after[order]


def plot_spectra(
    steps: npt.ArrayLike, eigenvalues: npt.ArrayLike, *, title: str = "Eigenvalues during training"
) -> "Figure":
    """Draws eigenvalues in the complex plane, first and last, their ways, and the spectral radius.

    Args:
        steps: updates, `[M]`.
        eigenvalues: complex `[M, N]`, each in its column, as `Spectra` keeps them.
        title: above the figure.

    Raises:
        ValueError: if they do not fit, or there are none.

    Example:
        >>> figure = plot_spectra([10, 20], [[0.5 + 0j], [0.6 + 0j]])
        >>> [panel.get_ylabel() for panel in figure.axes]
        ['imaginary part', 'spectral radius']
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    steps, values = np.asarray(steps), np.asarray(eigenvalues, complex)
    if values.ndim != 2 or len(steps) != len(values) or not values.size:
        raise ValueError(f"eigenvalues [M, N] at steps [M]; got {values.shape}, {steps.shape}")
    angles, real, imag = np.linspace(0, 2 * np.pi, 200), np.real(values), np.imag(values)
    with titled_figure(title, (8.0, 4.2)) as figure:
        plane, radius = figure.subplots(1, 2, width_ratios=(1.15, 1))
        dashed = {"lw": 1.0, "ls": (0, (5, 3)), "color": GREY}
        plane.plot(np.cos(angles), np.sin(angles), label="unit circle", **dashed)
        plane.plot(real, imag, lw=0.8, alpha=0.6, color=GREY)
        for row, colour in ((0, COLOURS[5]), (-1, COLOURS[1])):
            look = {"ms": 3.5, "color": colour, "label": f"update {steps[row]:,}"}
            plane.plot(real[row], imag[row], "o", **look)
        plane.set(xlabel="real part", ylabel="imaginary part", aspect="equal")
        plane.legend(loc="upper left", bbox_to_anchor=(0, -0.18), ncols=3, handlelength=1.2)
        radius.plot(steps, np.abs(values).max(1), lw=1.7, marker=".", color=COLOURS[0])
        radius.axhline(1, zorder=1, **dashed)
        radius.set(xlabel="updates", ylabel="spectral radius")
        return figure
