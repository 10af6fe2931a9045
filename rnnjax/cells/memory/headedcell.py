"""What `NTM` and `DNC` share: a controller, an LSTM that sees what was read and tells the heads."""

import abc
from dataclasses import field
from typing import Any

import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.base import Cell
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.broadcast import affine
from rnnjax.cells.gated.lstm import memorize
from rnnjax.cells.initializers import Glorot, Initializer, LecunNormal, gate_blocks
from rnnjax.cells.matrix.heads import merge
from rnnjax.typing import Array, Key


class HeadedMemoryCell(Cell, abc.ABC):
    """A cell whose controller reads R rows of a memory `[slots, width]` by heads.

        h_t, c_t = LSTM([x_t, r_{t-1}], h_{t-1}, c_{t-1}),  y_t = [h_t, r_t]

    The heads are told `h_t w_p + b_p`. Parameters have `w_x`, `w_r`, `w_h`, `b`, `w_p` and `b_p`,
    states h, c, M and r.
    """

    hidden: int
    width: int
    slots: int
    reads: int
    input_init: Initializer = field(default=Glorot(), kw_only=True)
    recurrent_init: Initializer = field(default=Glorot(), kw_only=True)
    head_init: Initializer = field(default=LecunNormal(), kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    @property
    def output_dim(self) -> int:
        """H and what is read."""
        return self.hidden + self.reads * self.width

    def init_controller(self, keys: Array, input_dim: int, told: int) -> dict[str, Array]:
        """Draws the controller's weights, with a key for each matrix and for the gates' biases.

        Args:
            keys: five.
            input_dim: D.
            told: how many numbers the heads are told.
        """

        def gates(key: Key, initializer: Initializer, rows: int) -> Array:
            return gate_blocks(initializer, key, rows, self.hidden, 4)

        return {
            "w_x": gates(keys[0], self.input_init, input_dim),
            "w_r": gates(keys[1], self.input_init, self.reads * self.width),
            "w_h": gates(keys[2], self.recurrent_init, self.hidden),
            "b": self.bias_init(keys[3], ("i", "f", "g", "o"), self.hidden),
            "w_p": self.head_init(keys[4], (self.hidden, told)),
            "b_p": jnp.zeros(told),
        }

    def control(self, params: Any, state: Any, x_t: Array) -> tuple[Array, Array, Array]:
        """Returns `h_t`, `c_t`, and what the heads are told, in the memory's precision."""
        z = affine(x_t, params.w_x, params.b) + merge(state.r) @ params.w_r + state.h @ params.w_h
        h, c = memorize(jnp.tanh, fast_sigmoid, z, state.c)
        return h, c, affine(h, params.w_p, params.b_p).astype(state.M.dtype)

    def output(self, params: Any, state: Any) -> Array:
        """Returns `[h, r]`."""
        del params
        return jnp.concatenate([state.h, merge(state.r)], axis=-1)
