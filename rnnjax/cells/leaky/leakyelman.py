"""Leaky units whose rates are their states."""

from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class LeakyElman(GatedCell):
    """Leaky rate network in the form whose state is the rate itself, by Euler steps.

        tau dh/dt = -h + activation(x w_x + h w_h + b)
        h_t = (1 - a) * h_{t-1} + a * activation(x_t w_x + h_{t-1} w_h + b),  a = dt / tau
        y_t = h_t

    `CTRNN` has the other form, whose state is what the activation is given: under an input that
    does not change, `h w_h + x w_x + b` here goes as its potential does. Echo state networks and
    those of multitask studies have this form. At `dt = tau` it is an `Elman`.

    References:
        Jaeger, Lukoševičius, Popovici & Siewert (2007), Optimization and applications of echo state
        networks with leaky-integrator neurons, Neural Networks 20.
        Yang, Joglekar, Song, Newsome & Wang (2019), Task representations in neural networks trained
        to perform many cognitive tasks, Nature Neuroscience 22.

    Example:
        >>> from rnnjax import cells
        >>> cells.LeakyElman(64, activation=cells.softplus)
        LeakyElman(hidden=64, dt=20.0, tau=100.0, activation=softplus)
    """

    blocks = ("h",)

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

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Takes the Euler step."""
        del params
        h = state.h + (self.dt / self.tau) * (self.activation(u + v) - state.h)
        return GatedState(h), h
