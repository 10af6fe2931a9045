"""The engine that runs many steps in one kernel."""

from typing import Any

import jax

from rnnjax.axes import mesh_axes
from rnnjax.cells.base import Cell, LinearCell, SplitCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.any.scan import scan
from rnnjax.unroll.base import EngineValue
from rnnjax.unroll.linear import kernel as linear_kernel
from rnnjax.unroll.linear import steps as linear
from rnnjax.unroll.split.kernel import run as split


class Fused(EngineValue):
    """Runs a `SplitCell` or a `LinearCell` in one kernel, many steps long; see `unroll.Engine`.

    On an NVIDIA GPU a kernel for a `SplitCell` holds its recurrent matrix on chip and runs all
    steps of a few sequences; the sides of the matrix are rounded up to powers of two. In single
    precision `Elman` and `GRU` fit up to 128 units and `LSTM` up to 64, in half precision those up
    to 256, 128 and 128, where a multiprocessor has the 227 KB of shared memory of an H100. Smaller
    GPUs take less, and the compiler says so. Any cell whose `recur` is a product of something
    elementwise and a matrix gets a kernel. Arithmetic is in single precision at least, products in
    half precision where the parameters are, and single precision is not TF32 unless
    `jax.default_matmul_precision` says otherwise.

    For a `LinearCell` each chunk of time and each 32 units, 1,024 on a TPU, are a program.

    Args:
        rows: how many sequences a program of a `SplitCell` runs, a power of two; 16 or more where
            products are made by tensor cores. None leaves that to the engine.
        warps: of 32 threads each, in a program of a `SplitCell`, a power of two; None likewise.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> Fused().serves(LSTM(64))
        True

    On a CPU the kernels are interpreted, which is slow and for tests; on other machines plain loops
    run. Of derivatives the gradient has a kernel, of a `LinearCell` all have; the others are those
    of a plain loop. `jax.export` takes one platform at a time.

    References:
        Diamos et al. (2016), Persistent RNNs: stashing recurrent weights on-chip, ICML.
        Pöppel, Beck & Hochreiter (2024), FlashRNN: I/O-aware optimization of traditional RNNs on
        modern hardware, arXiv:2412.07752.
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057.
    """

    contracts = (SplitCell, LinearCell)
    knows = None

    rows: int | None = None
    warps: int | None = None

    def __post_init__(self) -> None:
        """Refuses what is no power of two.

        Raises:
            ValueError: if a setting is none; the message names it.
        """
        super().__post_init__()
        for name, value in (("rows", self.rows), ("warps", self.warps)):
            if value is not None and value & (value - 1):
                raise ValueError(f"{name} must be a power of two; got {value}")

    def serves(self, cell: Cell) -> bool:
        """Says whether there is a kernel for such a cell, or for each that it is made of."""
        pieces = self.pieces(cell)
        return super().serves(cell) and all(
            split.has_kernel(piece) for piece in pieces if isinstance(piece, SplitCell)
        )

    def fits(self, cell: Any, params: Params, state: State, xs: Any) -> bool:
        """Says whether there is a kernel for a cell made of no others, of this size and dtype."""
        if not (self.serves(cell) and hasattr(xs, "dtype")):
            return False
        try:
            jax.eval_shape(
                lambda params, state, xs: self.run(cell, params, state, xs, None, None),
                *(params, state, xs),
            )
        except (TypeError, ValueError):
            return False
        return True

    def run(
        self,
        cell: SplitCell | LinearCell,
        params: Params,
        state: State,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Array]:
        """Runs `cell` over `xs`; see `unroll.Engine`.

        Raises:
            TypeError: also if a step is made of more than elementwise functions and products of
                something elementwise and a matrix.
            ValueError: also if the recurrent matrix does not fit on chip, and within a
                `jax.shard_map` that checks over which axes of its mesh arrays vary.
        """
        if not hasattr(xs, "dtype"):
            raise TypeError(f"unroll.fused takes one input a step, without noise; got {type(xs)}")
        if mesh_axes(xs):
            raise ValueError(
                "unroll.fused runs within a jax.shard_map that checks no types: check_vma=False"
            )
        if xs.size == 0:  # a kernel runs one step or more of one sequence or more
            return scan.run(cell, params, state, xs, mask, reset)
        if isinstance(cell, SplitCell):
            tile = split.Tile(self.rows, self.warps)
            return split.run(tile, cell, params, state, xs, mask, reset)
        return linear.run(_find, cell, params, state, xs, mask, reset)


fused = Fused()


def _find(each: linear.Step, h: Array) -> tuple[Array, Array]:
    hs: Any = linear_kernel.states(each, h)
    return hs[-1], hs
