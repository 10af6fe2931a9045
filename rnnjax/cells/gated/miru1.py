"""A GRU whose update gate is one number."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import BlockCell, GatedParams, GatedState
from rnnjax.typing import Array


class MiRU1(BlockCell):
    """Minion recurrent unit with a reset gate.

        r_t = sigmoid(x_t w_x + h_{t-1} w_h + b)                in block r
        n_t = tanh(x_t w_x + (r_t * h_{t-1}) w_h + b)           in block n
        h_t = lam * h_{t-1} + (1 - lam) * n_t,  y_t = h_t

    A `GRUResetBefore` with `lam` for its update gate, a number that is not learned.

    References:
        Zyarah & Kudithipudi (2025), Minion gated recurrent unit for continual learning,
        arXiv:2503.06175.

    Example:
        >>> from rnnjax import cells
        >>> cells.MiRU1(64, lam=0.9)
        MiRU1(hidden=64, lam=0.9)
    """

    blocks = ("r", "n")

    lam: float = 0.5
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses numbers that do not mix.

        Raises:
            ValueError: if not `0 <= lam < 1`.
        """
        super().__post_init__()
        if not 0 <= self.lam < 1:
            raise ValueError(f"{self}: lam must be 0 or more and below 1")

    def step(self, params: GatedParams, state: GatedState, x_t: Array) -> tuple[GatedState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        w_r, w_n = jnp.split(params.w_h, 2, axis=-1)
        u_r, u_n = jnp.split(self.project(params, x_t), 2, axis=-1)
        r = self.gate_activation(u_r + state.h @ w_r)
        n = self.activation(u_n + (r * state.h) @ w_n)
        h = self.lam * state.h + (1 - self.lam) * n
        return GatedState(h), h
