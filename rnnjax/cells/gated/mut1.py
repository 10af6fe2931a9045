"""The first of three units that a search found."""

import jax.numpy as jnp

from rnnjax.cells.gated.mut import MUT, MUTParams
from rnnjax.cells.gatedcell import GatedState
from rnnjax.typing import Array


class MUT1Params(MUTParams):
    """Parameters of `MUT1`: of the blocks i, r, n, `w_x` has i and r, `w_h` r and n."""


class MUT1(MUT):
    """First of the mutants: a gated unit whose update gate sees the input alone.

        z_t = sigmoid(x_t w_x + b)                              in block i
        r_t = sigmoid(x_t w_x + h_{t-1} w_h + b)                in block r
        n_t = tanh((r_t * h_{t-1}) w_h + tanh(x_t) + b)         in block n
        h_t = z_t * n_t + (1 - z_t) * h_{t-1},  y_t = h_t

    The paper adds the input to the candidate as it is, which needs as many inputs as units. Where
    they are not, `x_t w_p` stands for `x_t` there, with a learned matrix. `z` writes where it is
    open, so its block is named i for the initializers.

    References:
        Jozefowicz, Zaremba & Sutskever (2015), An empirical exploration of recurrent network
        architectures, ICML, section 4.

    Example:
        >>> import jax
        >>> from rnnjax import cells
        >>> cell, key = cells.MUT1(64), jax.random.key(0)
        >>> cell.init(key, 64).w_p is None, cell.init(key, 3).w_p.shape
        (True, (3, 64))
    """

    blocks = ("i", "r", "n")
    params_type = MUT1Params
    recurrent_blocks = ("r", "n")
    bare_block = "n"

    def bare(self, x: Array) -> Array:
        """Returns `tanh(x)`."""
        return self.activation(x)

    def step(self, params: MUT1Params, state: GatedState, x_t: Array) -> tuple[GatedState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        u_z, u_r, u_n = jnp.split(self.project(params, x_t), 3, axis=-1)
        w_r, w_n = jnp.split(params.w_h, 2, axis=-1)
        z = self.gate_activation(u_z)
        r = self.gate_activation(u_r + state.h @ w_r)
        n = self.activation(u_n + (r * state.h) @ w_n)
        h = z * n + (1 - z) * state.h
        return GatedState(h), h
