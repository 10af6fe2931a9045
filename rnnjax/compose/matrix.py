"""What changes of a cell's recurrent matrix share: where it is, and which cells have one."""

from collections.abc import Callable
from typing import ClassVar

from rnnjax.cells.base import Cell
from rnnjax.cells.gatedcell import BlockCell, DiagonalCell
from rnnjax.compose.independent import Independent
from rnnjax.compose.wrapper import Wrapper
from rnnjax.typing import Array, Params


def change_matrices(cell: Cell, params: Params, change: Callable[[Array], Array]) -> Params:
    """Returns parameters with `change` of `w_h`, and of what else wrappers multiply a state with.

    Args:
        cell: a `BlockCell`, in wrappers or not.
        params: its parameters, as `init` draws them.
        change: maps a matrix to one like it.

    Example:
        >>> import jax
        >>> from rnnjax.cells import Elman
        >>> params = Elman(2).init(jax.random.key(0), 3)
        >>> change_matrices(Elman(2), params, jax.numpy.zeros_like).w_h.any().item()
        False
    """
    if not isinstance(cell, Wrapper):
        return params._replace(w_h=change(params.w_h))
    changed = change_matrices(cell.cell, cell.inner(params), change)
    if cell.params_type is None:
        return changed
    own = {name: change(getattr(params, name)) for name in cell.own_matrices}
    return params._replace(cell=changed, **own)


def matrices(cell: Cell, params: Params) -> tuple[Array, ...]:
    """Returns what `change_matrices` changes.

    Example:
        >>> import jax
        >>> from rnnjax.cells import GRU
        >>> [w.shape for w in matrices(GRU(2), GRU(2).init(jax.random.key(0), 3))]
        [(2, 6)]
    """
    found: list[Array] = []

    def note(w: Array) -> Array:
        found.append(w)
        return w

    change_matrices(cell, params, note)
    return tuple(found)


class MatrixWrapper(Wrapper):
    """A wrapper that changes a cell's recurrent matrix: the base of what needs one.

    Example:
        >>> from rnnjax.cells import GRU
        >>> class Halved(MatrixWrapper):
        ...     def change_params(self, params):
        ...         return change_matrices(self.cell, params, lambda w: w / 2)
        >>> Halved(GRU(3)).output_dim
        3
    """

    makes_matrix: ClassVar[bool] = False  # of numbers that are no entries of it
    needs_plain: ClassVar[bool] = False  # a matrix that the cell uses as it is, a row a unit

    def __post_init__(self) -> None:
        """Refuses cells without a recurrent matrix.

        Raises:
            ValueError: if the cell is no `BlockCell`, its units see themselves alone, or its
                parameters have other numbers in the place of the matrix.
        """
        super().__post_init__()
        if not _has_matrix(self.cell):
            raise ValueError(f"{self}: cell must have a recurrent matrix w_h [H, R], as GRU(3) has")
        own = innermost(self.cell)
        if self.needs_plain and not (isinstance(own, BlockCell) and own.plain_matrix):
            raise ValueError(
                f"{self}: cell must use its w_h as it is, a row a unit; {type(own).__name__} makes "
                "another matrix of it"
            )


def innermost(cell: Cell) -> Cell:
    """Returns what is within all wrappers.

    Example:
        >>> from rnnjax.cells import GRU
        >>> from rnnjax.compose import zoneout
        >>> innermost(zoneout(GRU(2), 0.1))
        GRU(hidden=2)
    """
    while isinstance(cell, Wrapper):
        cell = cell.cell
    return cell


def _has_matrix(cell: Cell) -> bool:
    if isinstance(cell, Independent) or (isinstance(cell, MatrixWrapper) and cell.makes_matrix):
        return False
    if isinstance(cell, Wrapper):
        return _has_matrix(cell.cell)
    return isinstance(cell, BlockCell) and not isinstance(cell, DiagonalCell)
