"""Uncoupled oscillators without damping, whose steps can be taken back."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gatedcell import DiagonalCell
from rnnjax.cells.initializers import Initializer, Uniform, UniformByInputs
from rnnjax.cells.leaky.oscillators import OscillatorState
from rnnjax.typing import Array, Key


class UnICORNNParams(NamedTuple):
    """Parameters of `UnICORNN`."""

    w_x: Array  # [D, H]
    w_h: Array  # [H]
    b: Array  # [H]
    c: Array  # [H], of the step


class UnICORNN(DiagonalCell):
    """Undamped independent controlled oscillators, in symplectic steps.

        d = dt * sigmoid(c)
        z_t = z_{t-1} - d * (tanh(x_t w_x + y_{t-1} * w_h + b) + alpha * y_{t-1})
        y_t = y_{t-1} + d * z_t

    Under a constant input each unit keeps an energy, up to the size of a step, and a step can be
    taken back. With `u = x_t w_x + b` that energy is

        alpha * y^2 / 2 + z^2 / 2 + log(cosh(w_h * y + u)) / w_h

    It is stable where `d^2 * (alpha + w_h) < 4`. `w_h` starts positive, at the sizes of what
    `recurrent_init` draws. The layers of a stack have `dt`s of their own; the defaults are those of
    permuted MNIST. All weights start as the authors'.

    References:
        Rusch & Mishra (2021), UnICORNN: a recurrent model for learning very long time dependencies,
        ICML, arXiv:2103.05487.

    Example:
        >>> from rnnjax import cells
        >>> cells.UnICORNN(256, dt=0.1, alpha=0.0)
        UnICORNN(hidden=256, dt=0.1, alpha=0.0)
    """

    blocks = ("h",)
    params_type = UnICORNNParams
    state_type = OscillatorState

    dt: float = 0.19
    alpha: float = 30.65
    # psMNIST/network.py of github.com/tk-rusch/unicornn: Kaiming's uniform numbers of slope 8 for
    # `w_x`, of PyTorch; `w_h` between 0 and 1, `c` between -0.1 and 0.1, no bias.
    input_init: Initializer = field(default=UniformByInputs((6 / 65) ** 0.5), kw_only=True)
    recurrent_init: Initializer = field(default=Uniform(1.0), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses steps back in time and units that are driven away.

        Raises:
            ValueError: if not `0 < dt` or not `0 <= alpha`.
        """
        super().__post_init__()
        if not self.dt > 0:
            raise ValueError(f"{self}: dt must be above 0")
        if not self.alpha >= 0:
            raise ValueError(f"{self}: alpha must be 0 or more")

    def init(self, key: Key, input_dim: int) -> UnICORNNParams:
        """Draws weights with the initializers, and `c` between -0.1 and 0.1."""
        c = jax.random.uniform(jax.random.fold_in(key, 3), (self.hidden,), minval=-0.1, maxval=0.1)
        return super().init(key, input_dim)._replace(c=c)

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [H]`, positive."""
        return jnp.abs(super().init_recurrent(key))

    def recur(self, params: UnICORNNParams, state: OscillatorState) -> Array:
        """Returns `y * w_h`, `[..., H]`."""
        return state.y * repeat(params.w_h, state.y)

    def combine(
        self, params: UnICORNNParams, state: OscillatorState, u: Array, v: Array
    ) -> tuple[OscillatorState, Array]:
        """Moves velocities, then positions by those."""
        y, z = state
        d = repeat(self.dt * fast_sigmoid(params.c), y)
        z = z - d * (self.activation(u + v) + self.alpha * y)
        y = y + d * z
        return OscillatorState(y, z), y
