"""Long expressive memory: two states at time scales that the input and the state choose."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer
from rnnjax.cells.gatedcell import BlockCell, GatedParams
from rnnjax.cells.initializers import Initializer, UniformBySize
from rnnjax.cells.leaky.oscillators import OscillatorState
from rnnjax.typing import Array, Key


def spread(key: Key, blocks: tuple[str, ...], hidden: int) -> Array:
    """Draws biases evenly within `H ** -0.5` of zero, as the authors start.

    Example:
        >>> import jax
        >>> bool(abs(spread(jax.random.key(0), ("d", "e"), 4)).max() <= 0.5)
        True
    """
    return UniformBySize()(key, (len(blocks), hidden)).reshape(-1)


class LEMParams(GatedParams):
    """Parameters of `LEM`: `w_x [D, 4H]`, `w_h [H, 4H]`, `b [4H]`; blocks d, e, z, y."""


class LEM(BlockCell):
    """Long expressive memory.

        d_t, e_t = dt * sigmoid(x_t w_x + y_{t-1} w_h + b)                      in blocks d, e
        z_t = (1 - d_t) * z_{t-1} + d_t * tanh(x_t w_x + y_{t-1} w_h + b)       in block z
        y_t = (1 - e_t) * y_{t-1} + e_t * tanh(x_t w_x + z_t w_h + b)           in block y

    The last product waits for the new `z`, so this is a `Cell` and no `SplitCell`. With `dt` up to
    1 states stay within 1. Weights and biases start as in the authors' CUDA code, evenly within
    `H ** -0.5` of zero; their other code adds two such biases in each block.

    References:
        Rusch, Mishra, Erichson & Mahoney (2022), Long expressive memory for sequence modeling,
        ICLR, arXiv:2110.04744.

    Example:
        >>> from rnnjax import cells
        >>> cells.LEM(128)
        LEM(hidden=128, dt=1.0)
    """

    blocks = ("d", "e", "z", "y")
    params_type = LEMParams
    state_type = OscillatorState

    dt: float = 1.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    # `LEMcuda.reset_parameters`, LEM_cuda/example/network.py of github.com/tk-rusch/LEM.
    input_init: Initializer = field(default=UniformBySize(), kw_only=True)
    recurrent_init: Initializer = field(default=UniformBySize(), kw_only=True)
    bias_init: BiasInitializer = field(default=spread, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses steps that go back or too far.

        Raises:
            ValueError: if not `0 < dt <= 1`.
        """
        super().__post_init__()
        if not 0 < self.dt <= 1:
            raise ValueError(f"{self}: dt must be above 0 and not above 1")

    def step(
        self, params: LEMParams, state: OscillatorState, x_t: Array
    ) -> tuple[OscillatorState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        w_before, w_after = jnp.split(params.w_h, [3 * self.hidden], axis=-1)
        u_d, u_e, u_z, u_y = jnp.split(self.project(params, x_t), 4, axis=-1)
        v_d, v_e, v_z = jnp.split(state.y @ w_before, 3, axis=-1)
        d = self.dt * self.gate_activation(u_d + v_d)
        e = self.dt * self.gate_activation(u_e + v_e)
        z = (1 - d) * state.z + d * self.activation(u_z + v_z)
        y = (1 - e) * state.y + e * self.activation(u_y + z @ w_after)
        return OscillatorState(y, z), y
