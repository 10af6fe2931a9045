"""Eligibility traces: what units keep of the past by themselves."""

import jax

from rnnjax.cells.base import AssociativeCell, Cell, SplitCell
from rnnjax.cells.leaky.ctrnn import CTRNN
from rnnjax.cells.leaky.leakyelman import LeakyElman
from rnnjax.compose.base import Composite, wrap
from rnnjax.compose.wrapper import SplitWrapper
from rnnjax.learning.rtrl import RTRL
from rnnjax.typing import Array, Params, State


class Local(SplitWrapper):
    """A cell whose units have no derivative by what they see of each other.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> Local(LSTM(2)).output_dim
        2
    """

    def recur(self, params: Params, state: State) -> Array:
        """Returns the recurrent product of a state that is held."""
        return super().recur(params, jax.lax.stop_gradient(state))


class EProp(RTRL):
    """Eligibility propagation: real-time recurrent learning without the paths between units.

        e_t = e_{t-1} D_t + I_t,   D_t = ds_t / ds_{t-1} with the recurrent product held
        dL / dtheta ~ sum_t (dL_t / ds_t) e_t

    The derivative is that of a network in which each step sees a held `h_{t-1}` in its recurrent
    product and nowhere else: a unit keeps its own state, its leak or its gates. A trace a parameter
    and array of the state, and about the cost of the step. It is biased: what goes through other
    units is left out. For a network that leaks it is `RFLO`, with `D = 1 - 1/tau`.

    The error of a readout reaches the state through the readout's own weights; for fixed random
    ones see the `feedback` of `models.All`.

    Example:
        >>> EProp()
        EProp()

    References:
        Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), A solution to the
        learning dilemma for recurrent networks of spiking neurons, Nature Communications 11.
    """

    contracts = (SplitCell, AssociativeCell)

    def pieces(self, cell: Cell) -> tuple[Cell, ...]:
        """Returns what has to be of a contract: each cell that others are made of."""
        (cell,) = super().pieces(cell)
        parts = cell.parts if isinstance(cell, Composite) else ()
        return tuple(piece for part in parts for piece in self.pieces(part)) or (cell,)

    def local(self, cell: Cell) -> Cell:
        """Returns the cell with its recurrent products held."""
        return wrap(cell, lambda part: Local(part) if isinstance(part, SplitCell) else part)


class RFLO(EProp):
    """Random-feedback local online learning, of networks whose units leak.

        p_t = (1 - a) p_{t-1} + a f_t phi'(u_t),   f_t = [h_{t-1}, x_t, 1],  a = 1 / tau

    With the readout's own weights as feedback, as by itself, its one approximation is that of
    `EProp`. With the `feedback` of a readout, as `models.All` has it, it is the paper's rule.

    Example:
        >>> RFLO()
        RFLO()

    References:
        Murray (2019), Local online learning in recurrent networks with random feedback, eLife 8.
    """

    contracts = (LeakyElman, CTRNN)
