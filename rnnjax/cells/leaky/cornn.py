"""Coupled oscillators, driven and damped."""

from dataclasses import field, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.biases import Zeros
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.cells.initializers import Initializer, Uniform, UniformByInputs, gate_blocks
from rnnjax.cells.leaky.oscillators import OscillatorState
from rnnjax.typing import Array, Key


class CoRNNParams(NamedTuple):
    """Parameters of `CoRNN`."""

    w_x: Array  # [D, H]
    w_h: Array  # [2H, H], what meets y above what meets z
    b: Array  # [H]


class CoRNN(GatedCell):
    """Coupled oscillatory network: each unit is a driven and damped oscillator.

        z_t = z_{t-1} + dt * (tanh(x_t w_x + [y_{t-1}, z_{t-1}] w_h + b)
                              - gamma * y_{t-1} - epsilon * z_{t-1})
        y_t = y_{t-1} + dt * z_t

    `gamma` is the frequency, squared, and `epsilon` the damping; by default those of the authors'
    sequential MNIST. Damping is explicit, as in the authors' code; with `implicit` it is
    of the new velocity, the paper's other choice, and stable at any size:

        z_t = (z_{t-1} + dt * (tanh(...) - gamma * y_{t-1})) / (1 + dt * epsilon)

    Weights start as the authors', for whom they are one linear layer of PyTorch: all, `b` too,
    evenly within `(D + 2H) ** -0.5` of zero. `UniformByInputs` counts all that a unit sees; a
    `bias_init` other than zeros decides on `b` instead.

    References:
        Rusch & Mishra (2021), Coupled oscillatory recurrent neural network (coRNN): an accurate and
        (gradient) stable architecture for learning long time dependencies, ICLR,
        arXiv:2010.00951.

    Example:
        >>> from rnnjax import cells
        >>> cells.CoRNN(256, dt=0.076, gamma=0.4, epsilon=8.0)  # permuted MNIST
        CoRNN(hidden=256, dt=0.076, gamma=0.4, epsilon=8.0)
    """

    blocks = ("h",)
    params_type = CoRNNParams
    state_type = OscillatorState

    dt: float = 0.042
    gamma: float = 2.7
    epsilon: float = 4.7
    implicit: bool = field(default=False, kw_only=True)
    # sMNIST/network.py of github.com/tk-rusch/coRNN, as in its other folders but two.
    input_init: Initializer = field(default=UniformByInputs(), kw_only=True)
    recurrent_init: Initializer = field(default=UniformByInputs(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses numbers under which an oscillator is none or grows by itself.

        Raises:
            ValueError: if not `0 < dt`, `0 <= gamma` and `0 <= epsilon`, or if explicit damping is
                unstable.
        """
        super().__post_init__()
        if not self.dt > 0:
            raise ValueError(f"{self}: dt must be above 0")
        for name in ("gamma", "epsilon"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{self}: {name} must be 0 or more")
        if not (self.implicit or self.dt * self.epsilon < 2):
            raise ValueError(f"{self}: epsilon must be below 2 / dt, or the damping implicit")

    def init(self, key: Key, input_dim: int) -> CoRNNParams:
        """Draws weights with the initializers, those by inputs as of a map of x, y and z."""
        bound = (input_dim + 2 * self.hidden) ** -0.5

        def whole(initializer: Initializer) -> Initializer:
            if isinstance(initializer, UniformByInputs):
                return Uniform(initializer.scale * bound)
            return initializer

        cell = replace(
            self, input_init=whole(self.input_init), recurrent_init=whole(self.recurrent_init)
        )
        params = super(CoRNN, cell).init(key, input_dim)
        if self.bias_init == Zeros():
            b = Uniform(bound)(jax.random.fold_in(key, 3), (1, self.hidden))[0]
            params = params._replace(b=b)
        return params

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [2H, H]`, a matrix of positions and one of velocities."""
        keys = jax.random.split(key)
        return jnp.concatenate(
            [gate_blocks(self.recurrent_init, k, self.hidden, self.hidden, 1) for k in keys]
        )

    def recur(self, params: CoRNNParams, state: OscillatorState) -> Array:
        """Returns `[y, z] w_h`, `[..., H]`."""
        w_y, w_z = jnp.split(params.w_h, 2)
        return state.y @ w_y + state.z @ w_z

    def combine(
        self, params: CoRNNParams, state: OscillatorState, u: Array, v: Array
    ) -> tuple[OscillatorState, Array]:
        """Moves velocities, then positions by those."""
        del params
        force = self.activation(u + v) - self.gamma * state.y
        if self.implicit:
            z = (state.z + self.dt * force) / (1 + self.dt * self.epsilon)
        else:
            z = state.z + self.dt * (force - self.epsilon * state.z)
        y = state.y + self.dt * z
        return OscillatorState(y, z), y
