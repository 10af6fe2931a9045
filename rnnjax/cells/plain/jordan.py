"""The network that remembers what it has said."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation
from rnnjax.cells.broadcast import affine
from rnnjax.cells.gatedcell import BlockCell
from rnnjax.cells.initializers import gate_blocks
from rnnjax.typing import Array, Key


class JordanParams(NamedTuple):
    """Parameters of `Jordan`."""

    w_x: Array  # [D, H]
    w_h: Array  # [O, H], of the context
    b: Array  # [H]
    w_y: Array  # [H, O]
    b_y: Array  # [O]


class JordanState(NamedTuple):
    """State of `Jordan`."""

    y: Array  # [..., O], the output
    u: Array  # [..., O], the context


class Jordan(BlockCell):
    """Jordan network: what comes back to the units is the output.

        u_t = mu * u_{t-1} + y_{t-1}
        h_t = activation(x_t w_x + u_t w_h + b)
        y_t = output_activation(h_t w_y + b_y)

    `u` is Jordan's context, outputs that fade; at `mu = 0`, as it is mostly found, it is the last
    output alone. There are `context` outputs, `hidden` of them where it is None: all that is
    remembered passes through them. The output is a product of the step's own units, so this is a
    `Cell` and no `SplitCell`.

    References:
        Jordan (1986), Serial order: a parallel distributed processing approach, Institute for
        Cognitive Science report 8604, University of California, San Diego.

    Example:
        >>> from rnnjax import cells
        >>> cells.Jordan(64, context=10, mu=0.5).output_dim
        10
    """

    blocks = ("h",)
    params_type = JordanParams
    state_type = JordanState

    context: int | None = None  # O
    mu: float = 0.0
    output_activation: Activation = field(default=jnp.tanh, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses contexts of no width, and those that do not fade.

        Raises:
            ValueError: if `context` is no count, or not `0 <= mu < 1`.
        """
        super().__post_init__()
        if not (self.context is None or (type(self.context) is int and self.context >= 1)):
            raise ValueError(f"{self}: context must be a whole number of 1 or more")
        if not 0 <= self.mu < 1:
            raise ValueError(f"{self}: mu must be 0 or more and below 1")

    @property
    def output_dim(self) -> int:
        """O."""
        return self.context or self.hidden

    def init(self, key: Key, input_dim: int) -> JordanParams:
        """Draws weights with the initializers, `w_y` with that of the input."""
        w_y = self.input_init(jax.random.fold_in(key, 3), (self.hidden, self.output_dim))
        return super().init(key, input_dim)._replace(w_y=w_y, b_y=jnp.zeros(self.output_dim))

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [O, H]`."""
        return gate_blocks(self.recurrent_init, key, self.output_dim, self.hidden, 1)

    def initial_state(self, params: JordanParams, batch_shape: tuple[int, ...] = ()) -> JordanState:
        """Zeros."""
        zeros = jnp.zeros((*batch_shape, self.output_dim), params.w_h.dtype)
        return JordanState(y=zeros, u=zeros)

    def step(
        self, params: JordanParams, state: JordanState, x_t: Array
    ) -> tuple[JordanState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., O]`."""
        u = self.mu * state.u + state.y
        h = self.activation(self.project(params, x_t) + u @ params.w_h)
        y = self.output_activation(affine(h, params.w_y, params.b_y))
        return JordanState(y=y, u=u), y
