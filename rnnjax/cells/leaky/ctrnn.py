"""Leaky rate units: plain recurrence with a time constant."""

from typing import NamedTuple

from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array


class CTRNNParams(GatedParams):
    """Parameters of `CTRNN`: `w_x [D, H]`, `w_h [H, H]`, `b [H]`."""


class CTRNNState(NamedTuple):
    """State of `CTRNN`."""

    h: Array  # [..., H], the potential; the rate is activation(h)


class CTRNN(GatedCell):
    """Continuous-time (leaky) rate network, one Euler step of length `dt` a time step.

        tau dh/dt = -h + x w_x + activation(h) w_h + b
        h_t = h_{t-1} + (dt / tau) * (-h_{t-1} + x_t w_x + activation(h_{t-1}) w_h + b)
        y_t = activation(h_t)

    `dt` and `tau` share any unit of time; `dt / tau` is the leak, and at 1 nothing of the old
    potential stays.

    References:
        Funahashi & Nakamura (1993), Approximation of dynamical systems by continuous time
        recurrent neural networks, Neural Networks 6.

    Example:
        >>> from rnnjax import cells
        >>> cells.CTRNN(64, dt=1.0, tau=10.0, activation=cells.softplus)
        CTRNN(hidden=64, dt=1.0, tau=10.0, activation=softplus)
    """

    blocks = ("h",)
    params_type = CTRNNParams
    state_type = CTRNNState

    dt: float = 20.0
    tau: float = 100.0

    def __post_init__(self) -> None:
        """Refuses time constants that make the Euler step unstable.

        Raises:
            ValueError: if not `0 < dt <= tau`.
        """
        super().__post_init__()
        if not 0 < self.dt <= self.tau:
            raise ValueError(f"{self}: needs 0 < dt <= tau")

    def recur(self, params: CTRNNParams, state: CTRNNState) -> Array:
        """Returns `activation(h) w_h`, `[..., H]`."""
        return self.activation(state.h) @ params.w_h

    def output(self, params: CTRNNParams, state: CTRNNState) -> Array:
        """Returns `activation(h)`."""
        del params
        return self.activation(state.h)

    def combine(
        self, params: CTRNNParams, state: CTRNNState, u: Array, v: Array
    ) -> tuple[CTRNNState, Array]:
        """Takes the Euler step."""
        del params
        h = state.h + (self.dt / self.tau) * (u + v - state.h)
        return CTRNNState(h), self.activation(h)
