"""Gated cells with something else in the place of their recurrent matrix."""

import abc
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.cells.gatedcell import DiagonalCell, GatedCell
from rnnjax.compose.wrapper import SplitWrapper
from rnnjax.typing import Array, Key, Params, State


class RecurrentForm(SplitWrapper, abc.ABC):
    """A `GatedCell` whose `w_h` is of another form than a matrix `[H, R]`.

    What a cell multiplies with the matrix, its state or as CTRNN a function of it, is given to
    `product`. A cell that does more with its matrix, as AntisymmetricRNN transposes it, is refused
    by `init`. It is the innermost of a cell's wrappers.

    Example:
        >>> from rnnjax.cells import GRU
        >>> from rnnjax.compose import Independent
        >>> isinstance(Independent(GRU(3)), RecurrentForm)
        True
    """

    cell: GatedCell

    def __post_init__(self) -> None:
        """Refuses cells without a recurrent matrix.

        Raises:
            ValueError: if the cell is no `GatedCell`, or its units see themselves alone already.
        """
        super().__post_init__()
        if isinstance(self.cell, DiagonalCell):
            raise ValueError(f"{self}: cell must have a recurrent matrix; its units see no others")

    @abc.abstractmethod
    def init_recurrent(self, key: Key, count: int) -> Array:
        """Draws what is in the place of the matrix, for `count` blocks."""

    @abc.abstractmethod
    def product(self, h: Array, w_h: Array) -> Array:
        """Maps `h [..., H]` to what is in the place of `h w_h`, `[..., R]`."""

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters, and others in the place of its recurrent matrix.

        Raises:
            ValueError: if the cell does more with the matrix than multiply by it.
        """
        params = self.cell.init(key, input_dim)
        count = params.w_h.shape[-1] // self.cell.hidden
        params = params._replace(w_h=self.init_recurrent(jax.random.fold_in(key, 3), count))
        try:
            jax.eval_shape(lambda: self.recur(params, self.initial_state(params)))
        except (TypeError, ValueError, AttributeError) as error:  # of whatever else it does
            raise ValueError(
                f"{self}: cell must multiply by its recurrent matrix and do no more with it"
            ) from error
        return params

    def recur(self, params: Params, state: State) -> Any:
        """Does as the cell does, with another product."""
        params = self.inner(self.ready(params))
        return self.cell.recur(params._replace(w_h=_Factor(self, params.w_h)), state)


class _Factor:
    """What `h @ factor` calls a product with."""

    __array_ufunc__ = None  # so that NumPy's arrays leave the product to it, too

    def __init__(self, form: RecurrentForm, w_h: Array) -> None:
        self.form = form
        self.w_h = w_h

    def __rmatmul__(self, h: Array) -> Array:
        return self.form.product(jnp.asarray(h), self.w_h)
