"""The plain recurrent network."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import SplitCell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, Initializer, Orthogonal
from rnnjax.typing import Array, Key


class ElmanParams(NamedTuple):
    """Parameters of `Elman`."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array  # [H]


class ElmanState(NamedTuple):
    """State of `Elman`."""

    h: Array  # [..., H]


class Elman(SplitCell):
    """The plain recurrent cell, with tanh or any other activation.

    `h_t = activation(x_t w_x + h_{t-1} w_h + b)`, `y_t = h_t`.

    An IRNN is this cell with its own initialisation,
    `Elman(100, activation=relu, recurrent_init=Identity(), input_init=Normal(0.001))`.

    References:
        Elman (1990), Finding structure in time, Cognitive Science 14.
        Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified
        linear units, arXiv:1504.00941.
    """

    hidden: int
    activation: Callable[[Array], Array] = jnp.tanh
    recurrent_init: Initializer = Orthogonal()
    input_init: Initializer = Glorot()

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> ElmanParams:
        """Draws the weights with the two initializers; the bias is zero."""
        key_x, key_h = jax.random.split(key)
        return ElmanParams(
            w_x=self.input_init(key_x, (input_dim, self.hidden)),
            w_h=self.recurrent_init(key_h, (self.hidden, self.hidden)),
            b=jnp.zeros(self.hidden),
        )

    def initial_state(self, params: ElmanParams, batch_shape: tuple[int, ...] = ()) -> ElmanState:
        """Zeros."""
        return ElmanState(jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype))

    def project(self, params: ElmanParams, x: Array) -> Array:
        """Returns `x w_x + b`, `[..., H]`."""
        return affine(x, params.w_x, params.b)

    def recur(self, params: ElmanParams, state: ElmanState) -> Array:
        """Returns `h w_h`, `[..., H]`."""
        return state.h @ params.w_h

    def combine(
        self, params: ElmanParams, state: ElmanState, u: Array, v: Array
    ) -> tuple[ElmanState, Array]:
        """Applies the activation."""
        del params, state
        h = self.activation(u + v)
        return ElmanState(h), h
