"""A liquid time constant network in closed form."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.gatedcell import GatedState
from rnnjax.cells.initializers import Glorot, gate_blocks
from rnnjax.cells.leaky.timed import Timed
from rnnjax.typing import Array, Key


def lecun_tanh(x: Array) -> Array:
    """Returns `1.7159 tanh(0.666 x)`, the tanh of LeCun et al. (1998) as the authors have it.

    Example:
        >>> round(float(lecun_tanh(1.0)), 3)
        0.999
    """
    return 1.7159 * jnp.tanh(0.666 * x)


class CfCParams(NamedTuple):
    """Parameters of `CfC`; Q is `backbone`, the columns of `w_q` are four blocks: f, g, a, b."""

    w_x: Array  # [D, Q]
    w_h: Array  # [H, Q]
    b: Array  # [Q]
    w_q: Array  # [Q, 4H]
    b_q: Array  # [4H]


class CfC(Cell):
    """Closed-form continuous-time network.

        q_t = lecun_tanh(x_t w_x + h_{t-1} w_h + b)
        f_t, g_t = tanh(q_t w_q + b_q)                      in blocks f, g
        a_t, b_t = q_t w_q + b_q                            in blocks a, b
        s_t = sigmoid(a_t * elapsed_t + b_t)
        h_t = (1 - s_t) * f_t + s_t * g_t,  y_t = h_t

    An input is an array, and then `elapsed` is 1, or a `Timed` of an array and the time since the
    input before. The paper has no `b_t` and the other sign of time; this is the authors' default
    in PyTorch. Their Keras code has `-a_t`.

    References:
        Hasani et al. (2022), Closed-form continuous-time neural networks, Nature Machine
        Intelligence 4, arXiv:2106.13898.

    Example:
        >>> from rnnjax import cells
        >>> cells.CfC(64)
        CfC(hidden=64, backbone=128)
    """

    hidden: int
    backbone: int = 128
    activation: Activation = field(default=jnp.tanh, kw_only=True)
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    backbone_activation: Activation = field(default=lecun_tanh, kw_only=True)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> CfCParams:
        """Draws Glorot weights; no bias."""
        key_x, key_q = jax.random.split(key)
        w = Glorot()(key_x, (input_dim + self.hidden, self.backbone))
        return CfCParams(
            w_x=w[:input_dim],
            w_h=w[input_dim:],
            b=jnp.zeros(self.backbone),
            w_q=gate_blocks(Glorot(), key_q, self.backbone, self.hidden, 4),
            b_q=jnp.zeros(4 * self.hidden),
        )

    def initial_state(self, params: CfCParams, batch_shape: tuple[int, ...] = ()) -> GatedState:
        """Zeros."""
        return GatedState(jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype))

    def step(
        self, params: CfCParams, state: GatedState, x_t: Array | Timed
    ) -> tuple[GatedState, Array]:
        """Runs one step: `x_t [..., D]`, timed or not, to the next state and `y_t [..., H]`."""
        x, elapsed = x_t if isinstance(x_t, Timed) else (x_t, None)
        q = self.backbone_activation(affine(x, params.w_x, params.b) + state.h @ params.w_h)
        f, g, a, b = jnp.split(affine(q, params.w_q, params.b_q), 4, axis=-1)
        s = self.gate_activation((a if elapsed is None else a * elapsed.astype(a.dtype)) + b)
        h = (1 - s) * self.activation(f) + s * self.activation(g)
        return GatedState(h), h
