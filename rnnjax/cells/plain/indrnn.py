"""The plain network of units that do not see each other."""

from dataclasses import field

from rnnjax.cells.activations import Activation, relu
from rnnjax.cells.gatedcell import DiagonalCell, GatedParams, GatedState
from rnnjax.typing import Array


class IndRNN(DiagonalCell):
    """Independently recurrent network.

    `h_t = activation(x_t w_x + h_{t-1} * w_h + b)`, `y_t = h_t`, with a vector `w_h [H]`.

    Units meet in the next layer's `w_x` alone. Over T steps a gradient grows by `|w_h| ** T` at
    most, and the authors clip `w_h` to `[-m ** (1 / T), m ** (1 / T)]`, `m` about 2 to 10, before
    each update; that is a matter of the optimizer, not of this cell. Their plain networks draw
    `w_h` between 0 and that bound.

    References:
        Li, Li, Cook, Zhu & Gao (2018), Independently recurrent neural network (IndRNN): building a
        longer and deeper RNN, CVPR, arXiv:1803.04831, eq. 4.

    Example:
        >>> from rnnjax import cells
        >>> cells.IndRNN(64, cells.tanh)
        IndRNN(hidden=64, activation=tanh)
    """

    blocks = ("h",)

    activation: Activation = field(default=relu, kw_only=False)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the activation."""
        del params, state
        h = self.activation(u + v)
        return GatedState(h), h
