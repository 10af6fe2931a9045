"""Rotations as exponentials."""

from dataclasses import field
from typing import ClassVar, NamedTuple

from rnnjax.cells.initializers import He, Initializer
from rnnjax.cells.orthogonal.mappedcell import MappedCell
from rnnjax.cells.orthogonal.parametrizations import Exponential
from rnnjax.typing import Array, Key


class ExpRNNParams(NamedTuple):
    """Parameters of `ExpRNN`."""

    w_x: Array  # [D, H]
    a: Array  # [H (H - 1) / 2], the upper triangle of A, row by row
    b: Array  # [H]


class ExpRNN(MappedCell):
    """Orthogonal network whose recurrent matrix is an exponential.

        A = skew(a),  Q = exp(A)
        h_t = mod_relu(x_t w_x + h_{t-1} Q, b),  y_t = h_t
        mod_relu(z, b) = sign(z) relu(|z| + b)

    Every rotation is reached, and no matrix of determinant -1. `Q` is made once a sequence. In
    dynamic trivialization (2019b) `Q` becomes `Q_0 exp(A)`, and every so many updates `exp(A)` is
    moved into `Q_0` and `A` set to zero: a matter of the optimizer, not of this cell, which is the
    case without such moves. The authors learn `a` at a tenth of the rate of all else. All starts as
    in their copying and speech, with angles between -pi and pi; for pixels theirs are in [-1, 0].

    References:
        Lezcano-Casado & Martínez-Rubio (2019), Cheap orthogonal constraints in neural networks: a
        simple parametrization of the orthogonal and unitary group, ICML, arXiv:1901.08428.
        Lezcano-Casado (2019b), Trivializations for gradient-based optimization on manifolds,
        NeurIPS, arXiv:1909.09501.

    Example:
        >>> from rnnjax import cells
        >>> cells.ExpRNN(64)
        ExpRNN(hidden=64)
    """

    params_type = ExpRNNParams
    bias_range: ClassVar[float] = 0.01
    # orthogonal.py of github.com/Lezcano/expRNN, which has Kaiming's normal numbers for relu.
    input_init: Initializer = field(default=He(), kw_only=True)

    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws rotations in the planes (0, 1), (2, 3), ..., by any angle."""
        return {"a": Exponential().init(key, self.hidden)}

    def matrix(self, params: ExpRNNParams) -> Array:
        """Returns `exp(skew(a))`."""
        return Exponential()(params.a, self.hidden)
