"""Cells whose products run in half precision while all else keeps the parameters' own."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.cells.base import AssociativeCell, Cell, SplitCell
from rnnjax.compose.base import wrap
from rnnjax.compose.recurrent_form import RecurrentForm
from rnnjax.compose.wrapper import Wrapper
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Params, State

HALF = jnp.bfloat16  # the exponents of single precision, so that a loss needs no scaling


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
    """A cell with its products in bfloat16 and all else in the parameters' dtype, single at least.

    Parameters, states, outputs and gradients stay in single precision. Matrices, inputs and what
    else a matrix is multiplied with are rounded to bfloat16, matrices once before the loop; biases,
    gates and memories are not. Of a cell whose products are not known, a `Cell` of no other
    contract, the whole step is in bfloat16, and what adds up slowly over steps gets lost.

    Example:
        >>> from rnnjax.cells import GRU
        >>> cell = MixedPrecision(GRU(2))
        >>> cell.prepare(cell.init(jax.random.key(0), 3)).params.w_h.dtype
        dtype(bfloat16)

    XLA may leave a rounding out where that saves time, so values depend on the engine by as much.

    References:
        Micikevicius et al. (2018), Mixed precision training, ICLR, arXiv:1710.03740.
        Kalamkar et al. (2019), A study of bfloat16 for deep learning training, arXiv:1905.12322.
    """

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """The cell's own, not in half precision though its matrices are."""
        return _widened(self.ready(params), super().initial_state(params, batch_shape))

    def change_params(self, params: Params) -> Params:
        """Rounds matrices; time constants, eigenvalues and biases are vectors and stay."""
        if not isinstance(self, SplitCell | AssociativeCell):
            return params  # rounded in `call`, where the state's dtype says what to return to
        return jax.tree.map(lambda p: _halved(p) if p.ndim > 1 else p, params)

    def call(self, function: Callable[..., Any], params: Params, *arguments: Any) -> Any:
        """Rounds the arguments, and returns results in their dtype."""
        halved = _halved(arguments)
        if not isinstance(self, SplitCell | AssociativeCell):
            return _widened((params, arguments), function(_halved(params), *halved))
        return _widened((params, arguments), function(params, *halved))


def _halved(tree: State) -> State:
    """Rounds real numbers; complex ones have no half precision."""
    return jax.tree.map(lambda x: x.astype(HALF) if _is_real(x) else x, tree)


def _widened(like: State, tree: State) -> State:
    """Casts to the widest real dtype of `like`, single at least, or the complex one that wide."""
    own = single_or_wider(*(x.dtype for x in jax.tree.leaves(like) if _is_real(x)))

    done: dict[int, Array] = {}  # an array that is both state and output stays one

    def wide(x: Array) -> Array:
        is_whole = not jnp.issubdtype(x.dtype, jnp.inexact)
        if id(x) not in done:
            done[id(x)] = x if is_whole else x.astype(single_or_wider(x.dtype, own))
        return done[id(x)]

    return jax.tree.map(wide, tree)


def _is_real(x: Array) -> bool:
    return jnp.issubdtype(x.dtype, jnp.floating)
