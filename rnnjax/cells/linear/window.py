"""Linear recurrences whose coefficients see an input and the one before it.

The coefficients of a step are known once the previous input is, which is part of the state; so
that a run of steps is one map of the state, its first step waits for that input:

    first           what the first step's own input says, `x w_x + b`
    decay, drive    the steps after the first, as one
    previous        what the last input says to the step after it, `x w_p`
    seen            what the last input but one said to the last step's output
"""

import abc
from dataclasses import field
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import AssociativeCell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, Initializer, gate_blocks
from rnnjax.typing import Array, Key


class WindowParams(NamedTuple):
    """Parameters of a `WindowCell`; `G = len(blocks) * H`.

    Example:
        >>> from rnnjax import cells
        >>> jax.tree.map(jnp.shape, cells.QRNN(4).init(jax.random.key(0), 3))
        WindowParams(w_x=(3, 12), w_p=(3, 12), b=(12,))
    """

    w_x: Array  # [D, G], of the input
    w_p: Array  # [D, G], of the one before
    b: Array  # [G]


class WindowState(NamedTuple):
    """State of a `WindowCell`.

    Example:
        >>> WindowState(c=jnp.zeros(2), previous=jnp.zeros(6), seen=jnp.zeros(2)).c.shape
        (2,)
    """

    c: Array  # [..., H]
    previous: Array  # [..., G], x_t w_p
    seen: Array  # [..., H], x_{t-1} w_p in the last block


class WindowElement(NamedTuple):
    """One step of a `WindowCell`, or several."""

    first: Array  # [..., G]
    decay: Array  # [..., H]
    drive: Array  # [..., H]
    previous: Array  # [..., G]
    seen: Array  # [..., H], zero in one step alone
    alone: Array  # [..., 1], 1 in one step alone, 0 in several


class WindowCell(AssociativeCell, abc.ABC):
    """A recurrence that is linear in its state, given an input and the one before it.

        q_t = x_t w_x + x_{t-1} w_p + b         in `blocks`, x_0 = 0
        c_t = decay(q_t) * c_{t-1} + drive(q_t)
        y_t = show(o_t, c_t)                    o_t the last block of q_t

    Example:
        >>> from rnnjax import cells
        >>> isinstance(cells.QRNN(4), WindowCell)
        True
    """

    blocks: ClassVar[tuple[str, ...]]

    hidden: int
    input_init: Initializer = field(default=Glorot(), kw_only=True)

    @abc.abstractmethod
    def gate(self, q: Array) -> tuple[Array, Array]:
        """Returns the decay and the drive that `q [..., G]` makes, `[..., H]` each."""

    @abc.abstractmethod
    def show(self, o: Array, c: Array) -> Array:
        """Returns the output, `[..., H]`, of the last block and the state."""

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> WindowParams:
        """Draws weights block by block; biases of zero."""
        count = len(self.blocks)
        w_x, w_p = (
            gate_blocks(self.input_init, k, input_dim, self.hidden, count)
            for k in jax.random.split(key)
        )
        return WindowParams(w_x=w_x, w_p=w_p, b=jnp.zeros(count * self.hidden))

    def initial_state(self, params: WindowParams, batch_shape: tuple[int, ...] = ()) -> WindowState:
        """Zeros, as if the input before the first were zero."""
        widths = self.hidden, params.b.size, self.hidden
        return WindowState(*(jnp.zeros((*batch_shape, n), params.w_x.dtype) for n in widths))

    def element(self, params: WindowParams, x: Array) -> WindowElement:
        """Returns a step that waits for the input before it."""
        first, previous = affine(x, params.w_x, params.b), x @ params.w_p
        one = jnp.ones_like(first[..., :1])
        nothing = jnp.zeros_like(first[..., : self.hidden])
        return WindowElement(
            first=first,
            decay=nothing + 1,
            drive=nothing,
            previous=previous,
            seen=nothing,
            alone=one,
        )

    def compose(self, earlier: WindowElement, later: WindowElement) -> WindowElement:
        """Returns both as one: `later` learns what the last input of `earlier` was."""
        decay, drive = self.gate(later.first + earlier.previous)
        drive = drive + decay * earlier.drive
        return WindowElement(
            first=earlier.first,
            decay=later.decay * decay * earlier.decay,
            drive=later.decay * drive + later.drive,
            previous=later.previous,
            seen=later.seen + later.alone * self._last(earlier.previous),
            alone=jnp.zeros_like(later.alone),
        )

    def apply(self, element: WindowElement, state: WindowState) -> WindowState:
        """Returns the state after a step, or after several."""
        decay, drive = self.gate(element.first + state.previous)
        return WindowState(
            c=element.decay * (decay * state.c + drive) + element.drive,
            previous=element.previous,
            seen=element.seen + element.alone * self._last(state.previous),
        )

    def readout(self, params: WindowParams, state: WindowState, x: Array) -> Array:
        """Returns the output of a step that ends in `state`."""
        o = affine(x, self._last(params.w_x), self._last(params.b))
        return self.show(o + state.seen, state.c)

    def _last(self, blocks: Array) -> Array:
        return blocks[..., -self.hidden :]
