"""The plain recurrent network."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array


class ElmanParams(GatedParams):
    """Parameters of `Elman`: `w_x [D, H]`, `w_h [H, H]`, `b [H]`."""


class ElmanState(NamedTuple):
    """State of `Elman`."""

    h: Array  # [..., H]


class Elman(GatedCell):
    """The plain recurrent cell, with tanh or any other activation.

    `h_t = activation(x_t w_x + h_{t-1} w_h + b)`, `y_t = h_t`.

    An IRNN is this cell with its own initialisation,
    `Elman(100, activation=relu, recurrent_init=Identity(), input_init=Normal(0.001))`.

    References:
        Elman (1990), Finding structure in time, Cognitive Science 14.
        Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified
        linear units, arXiv:1504.00941.

    Example:
        >>> from rnnjax import cells
        >>> cells.Elman(100, cells.relu, recurrent_init=cells.Identity())
        Elman(hidden=100, activation=relu, recurrent_init=Identity(scale=1.0))
    """

    blocks = ("h",)
    params_type = ElmanParams
    state_type = ElmanState

    activation: Activation = field(default=jnp.tanh, kw_only=False)

    def combine(
        self, params: ElmanParams, state: ElmanState, u: Array, v: Array
    ) -> tuple[ElmanState, Array]:
        """Applies the activation."""
        del params, state
        h = self.activation(u + v)
        return ElmanState(h), h
