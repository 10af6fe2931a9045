"""Leaky units: plain recurrence with a time constant."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import SplitCell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, Orthogonal
from rnnjax.typing import Array, Key


class CTRNNParams(NamedTuple):
    """Parameters of `CTRNN`."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array  # [H]


class CTRNNState(NamedTuple):
    """State of `CTRNN`."""

    h: Array  # [..., H], the potential; the rate is activation(h)


class CTRNN(SplitCell):
    """Continuous-time (leaky) rate network, one Euler step of length `dt` a time step.

        tau dh/dt = -h + x w_x + activation(h) w_h + b
        h_t = h_{t-1} + (dt / tau) * (-h_{t-1} + x_t w_x + activation(h_{t-1}) w_h + b)
        y_t = activation(h_t)

    `dt` and `tau` share any unit of time; `dt / tau` is the leak, and at 1 nothing of the old
    potential stays.

    References:
        Funahashi & Nakamura (1993), Approximation of dynamical systems by continuous time
        recurrent neural networks, Neural Networks 6.
    """

    hidden: int
    dt: float = 20.0
    tau: float = 100.0
    activation: Callable[[Array], Array] = jnp.tanh

    def __post_init__(self) -> None:
        """Refuses time constants that make the Euler step unstable.

        Raises:
            ValueError: if not `0 < dt <= tau`.
        """
        super().__post_init__()
        if not 0 < self.dt <= self.tau:
            raise ValueError(f"{self}: needs 0 < dt <= tau")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> CTRNNParams:
        """Draws Glorot input weights and orthogonal recurrent ones; no bias."""
        key_x, key_h = jax.random.split(key)
        return CTRNNParams(
            w_x=Glorot()(key_x, (input_dim, self.hidden)),
            w_h=Orthogonal()(key_h, (self.hidden, self.hidden)),
            b=jnp.zeros(self.hidden),
        )

    def initial_state(self, params: CTRNNParams, batch_shape: tuple[int, ...] = ()) -> CTRNNState:
        """Zeros."""
        return CTRNNState(jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype))

    def project(self, params: CTRNNParams, x: Array) -> Array:
        """Returns `x w_x + b`, `[..., H]`."""
        return affine(x, params.w_x, params.b)

    def recur(self, params: CTRNNParams, state: CTRNNState) -> Array:
        """Returns `activation(h) w_h`, `[..., H]`."""
        return self.activation(state.h) @ params.w_h

    def combine(
        self, params: CTRNNParams, state: CTRNNState, u: Array, v: Array
    ) -> tuple[CTRNNState, Array]:
        """Takes the Euler step."""
        del params
        h = state.h + (self.dt / self.tau) * (u + v - state.h)
        return CTRNNState(h), self.activation(h)
