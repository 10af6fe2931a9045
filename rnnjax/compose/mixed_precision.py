"""Cells whose products run in half precision while all else keeps the parameters' own."""

import dataclasses
from collections.abc import Callable
from typing import Any

from rnnjax.cells.base import Cell
from rnnjax.compose.base import wrap
from rnnjax.compose.half_products import with_half_products
from rnnjax.compose.recurrent_form import RecurrentForm
from rnnjax.compose.wrapper import Wrapper
from rnnjax.typing import Params


def mixed_precision(cell: Cell) -> Cell:
    """Returns `cell` with its products in bfloat16, or each of its parts so.

    Of a cell that is changed otherwise, the cell within: what changes it stays as precise.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> mixed_precision(LSTM(2))
        MixedPrecision(cell=LSTM(hidden=2, forget_bias=1.0))
    """

    def mix(part: Cell) -> Cell:
        if isinstance(part, MixedPrecision):
            return part
        if isinstance(part, Wrapper) and not isinstance(part, RecurrentForm):
            return dataclasses.replace(part, cell=mix(part.cell))
        return MixedPrecision(part)

    return wrap(cell, mix)


class MixedPrecision(Wrapper):
    """A cell whose products round what they multiply to bfloat16, and sum in single precision.

    All else, parameters, biases, gates, memories, outputs and gradients, is as precise as the
    parameters are. Of a linear recurrence the products are those of its inputs and of what is read.
    Convolutions are wholly in bfloat16.

    Example:
        >>> import jax
        >>> from rnnjax import unroll
        >>> from rnnjax.cells import GRU
        >>> cell = MixedPrecision(GRU(2))
        >>> params = cell.init(jax.random.key(0), 4)
        >>> xs = jax.random.normal(jax.random.key(1), (5, 4))
        >>> unroll.scan(cell, params, cell.initial_state(params), xs)[1].dtype
        dtype('float32')

    References:
        Micikevicius et al. (2018), Mixed precision training, ICLR, arXiv:1710.03740.
        Kalamkar et al. (2019), A study of bfloat16 for deep learning training, arXiv:1905.12322.
    """

    def call(self, function: Callable[..., Any], params: Params, *arguments: Any) -> Any:
        """Calls it with its products in half precision."""
        return with_half_products(function, params, *arguments)
