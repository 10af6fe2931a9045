"""Coupled oscillators, each with a frequency and a damping of its own."""

from dataclasses import field
from typing import NamedTuple

import jax

from rnnjax.cells.biases import Zeros
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.cells.initializers import Initializer, Uniform, UniformByInputs
from rnnjax.cells.leaky.oscillators import OscillatorState
from rnnjax.typing import Array, Key


class HCoRNNParams(NamedTuple):
    """Parameters of `HCoRNN`."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array  # [H]
    gamma: Array  # [H]
    epsilon: Array  # [H]


class HCoRNN(GatedCell):
    """Heterogeneous coupled oscillators.

        z_t = z_{t-1} + dt * (tanh(x_t w_x + y_{t-1} w_h + b) - gamma * y_{t-1}
                              - epsilon * z_{t-1})
        y_t = y_{t-1} + dt * z_t

    A `CoRNN` whose units do not see each other's velocities and have frequencies and dampings of
    their own, drawn evenly within half a range of `gamma` and `epsilon`. By default these numbers
    are those of the authors' sequential MNIST, where each range is as large as its middle. The
    authors do not train the two vectors; here they are parameters, and `optax.masked` leaves them
    alone. Nothing else keeps them positive. With all but a readout left alone it is a random
    oscillators network (RON), whose weights the authors draw otherwise, `w_h` scaled to a spectral
    radius. The weights here start as theirs of the trained network, PyTorch's of linear layers:
    `w_x` and `b` evenly within `D ** -0.5` of zero, `w_h` within `H ** -0.5`; a `bias_init` other
    than zeros decides on `b` instead.

    References:
        Ceni, Cossu, Stölzle, Liu, Della Santina, Bacciu & Gallicchio (2024), Random oscillators
        network for time series processing, AISTATS.

    Example:
        >>> from rnnjax import cells
        >>> cells.HCoRNN(100, gamma=2.0)
        HCoRNN(hidden=100, dt=0.042, gamma=2.0, epsilon=4.7)
    """

    blocks = ("h",)
    params_type = HCoRNNParams
    state_type = OscillatorState

    dt: float = 0.042
    gamma: float = 2.7
    epsilon: float = 4.7
    gamma_range: float = field(default=2.7, kw_only=True)
    epsilon_range: float = field(default=4.7, kw_only=True)
    # utils.py of github.com/AndreaCossu/RandomizedCoupledOscillators, with `no_friction`.
    input_init: Initializer = field(default=UniformByInputs(), kw_only=True)
    recurrent_init: Initializer = field(default=UniformByInputs(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses numbers under which an oscillator is none or grows by itself.

        Raises:
            ValueError: if not `0 < dt`, if a range is negative or reaches below zero, or if the
                largest damping is unstable.
        """
        super().__post_init__()
        if not self.dt > 0:
            raise ValueError(f"{self}: dt must be above 0")
        for name, mean in (("gamma_range", self.gamma), ("epsilon_range", self.epsilon)):
            if not 0 <= getattr(self, name) <= 2 * mean:
                raise ValueError(f"{self}: {name} must be between 0 and {2 * mean}")
        if not self.dt * (self.epsilon + self.epsilon_range / 2) < 2:
            raise ValueError(f"{self}: epsilon and half its range must be below 2 / dt")

    def init(self, key: Key, input_dim: int) -> HCoRNNParams:
        """Draws weights with the initializers, frequencies and dampings within their ranges."""
        key_gamma, key_epsilon = jax.random.split(jax.random.fold_in(key, 3))

        def within(key: Key, mean: float, width: float) -> Array:
            low, high = mean - width / 2, mean + width / 2
            return jax.random.uniform(key, (self.hidden,), minval=low, maxval=high)

        params = super().init(key, input_dim)
        if self.bias_init == Zeros():
            b = Uniform(input_dim**-0.5)(jax.random.fold_in(key, 4), (1, self.hidden))[0]
            params = params._replace(b=b)
        return params._replace(
            gamma=within(key_gamma, self.gamma, self.gamma_range),
            epsilon=within(key_epsilon, self.epsilon, self.epsilon_range),
        )

    def recur(self, params: HCoRNNParams, state: OscillatorState) -> Array:
        """Returns `y w_h`, `[..., H]`."""
        return state.y @ params.w_h

    def combine(
        self, params: HCoRNNParams, state: OscillatorState, u: Array, v: Array
    ) -> tuple[OscillatorState, Array]:
        """Moves velocities, then positions by those."""
        y, z = state
        force = self.activation(u + v) - repeat(params.gamma, y) * y
        z = z + self.dt * (force - repeat(params.epsilon, z) * z)
        y = y + self.dt * z
        return OscillatorState(y, z), y
