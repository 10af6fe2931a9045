"""Orthogonal matrices as products of reflections."""

from dataclasses import field
from typing import NamedTuple

import jax

from rnnjax.cells.activations import Activation
from rnnjax.cells.orthogonal.mappedcell import ActivatedCell
from rnnjax.cells.orthogonal.parametrizations import Householder
from rnnjax.typing import Array, Key


class ORNNParams(NamedTuple):
    """Parameters of `ORNN`; m reflections."""

    w_x: Array  # [D, H]
    v: Array  # [m (2 H - m + 1) / 2], the vectors one after the other, each one entry shorter
    b: Array  # [H]


def leaky(x: Array) -> Array:
    """Returns the leaky rectifier of slope 0.1, which the authors take.

    Example:
        >>> float(leaky(-1.0))
        -0.10000000149011612
    """
    return jax.nn.leaky_relu(x, 0.1)


class ORNN(ActivatedCell):
    """Orthogonal network of Householder reflections.

        H_i = I - 2 v_i^T v_i / |v_i|^2,  v_i zero in its first i - 1 entries
        Q = H_m ... H_2 H_1
        h_t = activation(x_t w_x + h_{t-1} Q + b),  y_t = h_t

    There are m = `reflections`, or as many as units; the paper takes a few, for which the
    recurrence costs less where it is not made a matrix. Here it is, once a sequence and in compact
    form. The determinant of `Q` is `(-1) ** m` for good: an m-th of H units reflects the last unit
    alone, for which the paper has a fixed sign. The authors bring the vectors back to unit length
    after each update; here they are divided by their lengths, which is the same matrix. By default
    the activation is a leaky rectifier of slope 0.1, as theirs is. They learn the first state,
    which is `compose.learned_start`.

    References:
        Mhammedi, Hellicar, Rahman & Bailey (2017), Efficient orthogonal parametrisation of
        recurrent neural networks using Householder reflections, ICML, arXiv:1612.00188.

    Example:
        >>> from rnnjax import cells
        >>> cells.ORNN(64, reflections=16, activation=cells.tanh)
        ORNN(hidden=64, reflections=16, activation=tanh)
    """

    params_type = ORNNParams

    reflections: int | None = None
    activation: Activation = field(default=leaky, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses more reflections than units.

        Raises:
            ValueError: if `reflections` is no whole number from 1 to `hidden`.
        """
        super().__post_init__()
        check_reflections(self, self.reflections, self.hidden)

    @property
    def householder(self) -> Householder:
        """What `Q` is made by; of rows, so that the first reflection comes last."""
        return Householder(self.reflections)

    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws normal vectors."""
        return {"v": self.householder.init(key, self.hidden)}

    def matrix(self, params: ORNNParams) -> Array:
        """Returns `H_m ... H_1`."""
        return self.householder(params.v, self.hidden).T


def check_reflections(cell: ActivatedCell, reflections: int | None, hidden: int) -> None:
    """Refuses what is no number of reflections of `hidden` units.

    Raises:
        ValueError: if it is no whole number from 1 to `hidden`.
    """
    if reflections is not None and not (type(reflections) is int and 1 <= reflections <= hidden):
        raise ValueError(f"{cell}: reflections must be a whole number from 1 to hidden, or None")
