"""The third of three units that a search found."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import BlockCell, GatedParams, GatedState
from rnnjax.typing import Array


class MUT3(BlockCell):
    """Third of the mutants: a gated unit whose update gate sees the state squashed once more.

        z_t = sigmoid(x_t w_x + tanh(h_{t-1}) w_h + b)          in block i
        r_t = sigmoid(x_t w_x + h_{t-1} w_h + b)                in block r
        n_t = tanh(x_t w_x + (r_t * h_{t-1}) w_h + b)           in block n
        h_t = z_t * n_t + (1 - z_t) * h_{t-1},  y_t = h_t

    But for that tanh it is a `GRUResetBefore` whose z has the other sign. `z` writes where it is
    open, so its block is named i for the initializers.

    References:
        Jozefowicz, Zaremba & Sutskever (2015), An empirical exploration of recurrent network
        architectures, ICML, section 4.

    Example:
        >>> from rnnjax import cells
        >>> cells.MUT3(64)
        MUT3(hidden=64)
    """

    blocks = ("i", "r", "n")

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def step(self, params: GatedParams, state: GatedState, x_t: Array) -> tuple[GatedState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        w_z, w_r, w_n = jnp.split(params.w_h, 3, axis=-1)
        u_z, u_r, u_n = jnp.split(self.project(params, x_t), 3, axis=-1)
        z = self.gate_activation(u_z + self.activation(state.h) @ w_z)
        r = self.gate_activation(u_r + state.h @ w_r)
        n = self.activation(u_n + (r * state.h) @ w_n)
        h = z * n + (1 - z) * state.h
        return GatedState(h), h
