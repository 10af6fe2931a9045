"""A cell with a way around it."""

from typing import Any

from rnnjax.cells.base import Cell
from rnnjax.cells.noise import unpack
from rnnjax.compose.base import Composite, Run
from rnnjax.typing import Key, Params, State


class Residual(Composite):
    """Adds the input to a cell's output: `y_t = x_t + cell(x_t)`.

    Example:
        >>> from rnnjax.cells import GRU
        >>> Residual(GRU(4)).output_dim
        4

    References:
        He et al. (2016), Deep residual learning for image recognition, CVPR.
        Wu et al. (2016), Google's neural machine translation system, arXiv:1609.08144 (between
        LSTM layers).
    """

    cell: Cell

    @property
    def output_dim(self) -> int:
        """The cell's own, which is also that of the input."""
        return self.cell.output_dim

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters.

        Raises:
            ValueError: if inputs and outputs differ in size.
        """
        if input_dim != self.output_dim:
            raise ValueError(
                f"{self} adds inputs to outputs: D = {input_dim} but K = {self.output_dim}"
            )
        return self.cell.init(key, input_dim)

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """The cell's own."""
        return self.cell.initial_state(params, batch_shape)

    def prepare(self, params: Params) -> Params:
        """As the cell does."""
        return self.cell.prepare(params)

    def draw(self, key: Key, params: Params, leading: tuple[int, ...]) -> Any:
        """As the cell does."""
        return self.cell.draw(key, params, leading)

    def perturb(self, key: Key, params: Params) -> Params:
        """As the cell does."""
        return self.cell.perturb(key, params)

    def run_parts(self, run: Run, params: Params, state: State, x: Any) -> tuple[State, Any]:
        """Runs the cell and adds `x`."""
        state, y = run(self.cell, params, state, x)
        return state, unpack(x).x + y
