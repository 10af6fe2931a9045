"""How long the modes of a linear step last."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class TimeConstants(NamedTuple):
    """How modes decay and turn.

    Attributes:
        tau: steps in which a mode falls to 1/e, `[...]`; infinite at a size of 1; where a mode
            grows, minus the steps in which it grows to e.
        frequency: turns a step, `[...]`, from -1/2 to 1/2.

    Example:
        >>> time_constants(0.9).tau.round(3).tolist()
        9.491
    """

    tau: np.ndarray
    frequency: np.ndarray


def time_constants(eigenvalues: npt.ArrayLike) -> TimeConstants:
    """Returns `tau = -1 / ln|lambda|` and `arg(lambda) / 2 pi`.

    Multiply by the time between steps for seconds, and divide by it for hertz. The half life is
    `ln(2) tau`. The usual `1 / (1 - |lambda|)` is about half a step more.

    Args:
        eigenvalues: real or complex, `[...]`, of a step's Jacobian.

    References:
        Maheswaranathan, Williams, Golub, Ganguli & Sussillo (2019), Reverse engineering recurrent
        networks for sentiment classification reveals line attractor dynamics, arXiv:1906.10720.

    Example:
        >>> import cmath
        >>> found = time_constants(0.5 * cmath.exp(0.3j))
        >>> float(found.tau.round(4)), float(found.frequency.round(4))
        (1.4427, 0.0477)
    """
    values = np.asarray(eigenvalues)
    with np.errstate(divide="ignore"):
        rates = -np.log(np.abs(values))
        # A size of exactly 1 has the rate -0.0, which is no growth.
        tau = np.where(rates == 0, np.inf, 1 / rates)
    return TimeConstants(tau, np.angle(values) / (2 * np.pi))
