"""The second of three units that a search found."""

import jax.numpy as jnp

from rnnjax.cells.gated.mut import MUT, MUTParams
from rnnjax.cells.gatedcell import GatedState
from rnnjax.typing import Array


class MUT2Params(MUTParams):
    """Parameters of `MUT2`: of the blocks i, r, n, `w_x` has i and n, `w_h` all."""


class MUT2(MUT):
    """Second of the mutants: a gated unit whose reset gate sees the input as it is.

        z_t = sigmoid(x_t w_x + h_{t-1} w_h + b)                in block i
        r_t = sigmoid(x_t + h_{t-1} w_h + b)                    in block r
        n_t = tanh(x_t w_x + (r_t * h_{t-1}) w_h + b)           in block n
        h_t = z_t * n_t + (1 - z_t) * h_{t-1},  y_t = h_t

    That needs as many inputs as units. Where they are not, `x_t w_p` stands for `x_t`, with a
    learned matrix, and this is a `GRUResetBefore` whose z has the other sign. `z` writes where it
    is open, so its block is named i for the initializers.

    References:
        Jozefowicz, Zaremba & Sutskever (2015), An empirical exploration of recurrent network
        architectures, ICML, section 4.

    Example:
        >>> from rnnjax import cells
        >>> cells.MUT2(64)
        MUT2(hidden=64)
    """

    blocks = ("i", "r", "n")
    params_type = MUT2Params
    bare_block = "r"

    def step(self, params: MUT2Params, state: GatedState, x_t: Array) -> tuple[GatedState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        w_gates, w_n = jnp.split(params.w_h, [2 * self.hidden], axis=-1)
        u, u_n = jnp.split(self.project(params, x_t), [2 * self.hidden], axis=-1)
        z, r = jnp.split(self.gate_activation(u + state.h @ w_gates), 2, axis=-1)
        n = self.activation(u_n + (r * state.h) @ w_n)
        h = z * n + (1 - z) * state.h
        return GatedState(h), h
