"""The simple recurrent unit, in the form that runs in parallel over time."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.initializers import Glorot, Initializer, gate_blocks
from rnnjax.typing import Array, Key


class SRUParams(NamedTuple):
    """Parameters of `SRU`; the columns are blocks of H: z, f, r, and x' where D is not H."""

    w_x: Array  # [D, 3H] or [D, 4H]
    b: Array  # [2H]: f, r


class SRU(LinearCell):
    """Simple recurrent unit, of the paper's first versions.

        z_t = x_t w_x                       in block z
        f_t, r_t = sigmoid(x_t w_x + b)     in blocks f, r
        c_t = f_t * c_{t-1} + (1 - f_t) * z_t
        y_t = r_t * tanh(c_t) + (1 - r_t) * x_t

    The state `h` of a linear recurrence is the paper's c. Inputs that are not H wide go around the
    unit by a map of their own, a fourth block of `w_x`. In the authors' code columns are ordered by
    unit first and `activation` may be the identity, tanh or relu. From the paper's third version on
    the gates see the state, so that it is linear no more.

    References:
        Lei & Zhang (2017), Training RNNs as fast as CNNs, arXiv:1709.02755v1.

    Example:
        >>> from rnnjax import cells
        >>> cells.SRU(64, activation=cells.relu)
        SRU(hidden=64, activation=relu)
    """

    hidden: int
    activation: Activation = field(default=jnp.tanh, kw_only=True)
    input_init: Initializer = field(default=Glorot(), kw_only=True)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> SRUParams:
        """Draws weights block by block; biases of zero."""
        count = 3 if input_dim == self.hidden else 4
        return SRUParams(
            w_x=gate_blocks(self.input_init, key, input_dim, self.hidden, count),
            b=jnp.zeros(2 * self.hidden),
        )

    def initial_state(self, params: SRUParams, batch_shape: tuple[int, ...] = ()) -> LinearState:
        """Zeros."""
        return LinearState(jnp.zeros((*batch_shape, self.hidden), params.w_x.dtype))

    def coefficients(self, params: SRUParams, x: Array) -> tuple[Array, Array]:
        """Returns `f` and `(1 - f) * z`."""
        b_f, _ = jnp.split(params.b, 2)
        z, f = jnp.split(x @ params.w_x[:, : 2 * self.hidden], 2, axis=-1)
        f = fast_sigmoid(f + repeat(b_f, f))
        return f, (1 - f) * z

    def readout(self, params: SRUParams, h: Array, x: Array) -> Array:
        """Returns the state beside the input, as the gate r says, `[..., H]`."""
        _, b_r = jnp.split(params.b, 2)
        _, w_r, w_around = jnp.split(params.w_x, [2 * self.hidden, 3 * self.hidden], axis=-1)
        r = fast_sigmoid(affine(x, w_r, b_r))
        around = x @ w_around if w_around.size else x
        return r * self.activation(h) + (1 - r) * around
