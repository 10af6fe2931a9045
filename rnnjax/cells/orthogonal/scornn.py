"""Orthogonal matrices as scaled Cayley transforms."""

from dataclasses import field
from typing import NamedTuple

from rnnjax.cells.initializers import Initializer, Uniform
from rnnjax.cells.orthogonal.mappedcell import MappedCell
from rnnjax.cells.orthogonal.parametrizations import Cayley
from rnnjax.typing import Array, Key


class ScoRNNParams(NamedTuple):
    """Parameters of `ScoRNN`."""

    w_x: Array  # [D, H]
    a: Array  # [H (H - 1) / 2], the upper triangle of A, row by row
    b: Array  # [H]


class ScoRNN(MappedCell):
    """Scaled Cayley orthogonal network.

        A = skew(a),  W = (I + A)^{-1} (I - A) D
        h_t = mod_relu(x_t w_x + h_{t-1} W, b),  y_t = h_t
        mod_relu(z, b) = sign(z) relu(|z| + b)

    `D` is diagonal and fixed: its last `negative` entries are -1, the others 1; None is half of
    all, as in the paper's copying task. The determinant of `W` is `(-1) ** negative` for good. This
    is the authors' code, whose rows are the paper's columns: its matrix is the paper's transposed.
    `W` is made once a sequence, by a solve of a linear system. The free numbers are the upper
    triangle, so that any optimizer keeps `W` orthogonal.

    References:
        Helfrich, Willmott & Ye (2018), Orthogonal recurrent neural networks with scaled Cayley
        transform, ICML, arXiv:1707.09520.

    Example:
        >>> from rnnjax import cells
        >>> cells.ScoRNN(190, negative=95)
        ScoRNN(hidden=190, negative=95)
    """

    params_type = ScoRNNParams

    negative: int | None = None
    input_init: Initializer = field(default=Uniform(0.01), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what is no count of entries.

        Raises:
            ValueError: if `negative` is no whole number from 0 to `hidden`.
        """
        super().__post_init__()
        p = self.negative
        if p is not None and not (type(p) is int and 0 <= p <= self.hidden):
            raise ValueError(f"{self}: negative must be a whole number from 0 to hidden, or None")

    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws rotations in the planes (0, 1), (2, 3), ..., by up to a right angle."""
        return {"a": Cayley().init(key, self.hidden)}

    def matrix(self, params: ScoRNNParams) -> Array:
        """Returns the scaled Cayley transform."""
        return Cayley(self.negative)(params.a, self.hidden)
