"""Dropout of what a step writes, which leaves the memory as it is."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.cells.noise import unpack
from rnnjax.compose.chance import check_rate
from rnnjax.compose.following import following
from rnnjax.compose.mixed_precision import MixedPrecision
from rnnjax.compose.recurrent_form import RecurrentForm
from rnnjax.compose.within import wrap_within
from rnnjax.compose.wrapper import Prepared, SplitWrapper
from rnnjax.typing import Array, Key, Params, State

_CANDIDATES = {"g", "n"}  # as blocks are named
_SHUT = 1e4  # at which a gate is 0, or at its negative 1, in any precision


def update_dropout(cell: Cell, rate: float) -> Cell:
    """Returns `cell` with dropout of its candidate, or each of its parts so.

    Of a cell that is changed otherwise, the cell within.

    Example:
        >>> from rnnjax.cells import GRU
        >>> update_dropout(GRU(2), 0.25)
        UpdateDropout(cell=GRU(hidden=2), rate=0.25)
    """
    return wrap_within(cell, lambda part: UpdateDropout(part, rate))  # pyright: ignore[reportArgumentType]


class UpdateDropout(SplitWrapper):
    """A `GatedCell` whose candidate is dropped here and there: dropout without memory loss.

        c_t = f_t * c_{t-1} + i_t * (m_t * g_t)         of an LSTM
        h_t = (1 - z_t) * (m_t * n_t) + z_t * h_{t-1}   of a GRU

    with `m_t` 0 with the chance `rate` and `1 / (1 - rate)` else, drawn for each unit, sequence and
    step (see `compose.noisy`). The paper scales after training instead. Without noise, as after
    training, nothing is dropped.

    The candidate is the block named g or n, and what a step makes of it has to be affine in it:
    the memory `c`, of a cell that has one, or else `h`. It is found by what the step makes without
    a candidate, with an `activation` that is zero: `s_t = s0_t + m_t * (s1_t - s0_t)`. A cell with
    a memory needs gates i and f, which are shut and opened to show the memory that was made so.
    Cells of which that is not so say it by `plain_candidate`, as CFN, and are refused.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> cell = UpdateDropout(LSTM(2), 0.5)
        >>> cell.draw(jax.random.key(0), cell.init(jax.random.key(1), 3), (5,)).own.shape
        (5, 2)

    References:
        Semeniuta, Severyn & Barth (2016), Recurrent dropout without memory loss, COLING,
        arXiv:1603.05118.
    """

    rate: float = 0.25

    def __post_init__(self) -> None:
        """Refuses what is no chance, and cells without a candidate.

        Raises:
            ValueError: if not `0 <= rate < 1`, or the cell is no `GatedCell` with a block g or n
                that is a plain candidate, and blocks i and f if it has a memory.
        """
        super().__post_init__()
        check_rate(self, self.rate)
        core: Any = self._core
        blocks = set(core.blocks) if isinstance(core, GatedCell) else set()
        if not blocks & _CANDIDATES:
            raise ValueError(f"{self}: cell must have a candidate, a block named g or n")
        if not core.plain_candidate:
            raise ValueError(f"{self}: cell must have a candidate that can be told from the memory")
        if self._has_memory and not {"i", "f"} <= blocks:
            raise ValueError(f"{self}: cell must have blocks named i and f for its memory")

    def draw_own(self, key: Key, params: Params, leading: tuple[int, ...]) -> Array:
        """Draws where the candidate is kept, 1 or 0, `[T, ..., H]`."""
        memory = self._memory(self.initial_state(params))
        kept = jax.random.bernoulli(key, 1 - self.rate, (*leading, *memory.shape))
        return kept.astype(memory.dtype)

    def combine(self, params: Params, state: State, u: Any, v: Any) -> tuple[State, Any]:
        """Combines as the cell does, but for what the mask says of the candidate."""
        u, kept = unpack(u)
        params, core = _bare(self.prepare(params)), self._core
        whole, y = core.combine(params, state, u, v)
        if kept is None:
            return whole, y
        silent = dataclasses.replace(core, activation=_zero)
        base = self._memory(silent.combine(params, state, u, v)[0])
        memory = base + kept * (self._memory(whole) - base) / (1 - self.rate)
        if not self._has_memory:
            changed = whole._replace(h=memory)
            return changed, following(core, params, None, (whole, y), changed)
        shut = {"i": -_SHUT, "f": _SHUT}
        width = memory.shape[-1]
        blocks = [jnp.full(width, shut.get(block, 0.0), u.dtype) for block in core.blocks]
        u = u + jnp.broadcast_to(jnp.concatenate(blocks), u.shape)
        return core.combine(params, state._replace(c=memory), u, v)

    @property
    def _core(self) -> Any:
        """The cell in what changes its products alone."""
        cell: Any = self.cell
        while isinstance(cell, RecurrentForm | MixedPrecision):
            cell = cell.cell
        return cell

    @property
    def _has_memory(self) -> bool:
        return "c" in self._core.state_type._fields

    def _memory(self, state: Any) -> Array:
        return state.c if self._has_memory else state.h


def _zero(x: Array) -> Array:
    return jnp.zeros_like(x)


def _bare(params: Params) -> Params:
    """Returns the parameters of the cell within."""
    return _bare(params.params) if isinstance(params, Prepared) else params
