"""A cell that a search over cells found."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, relu
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array


class NASCell(GatedCell):
    """Cell found by neural architecture search on language modelling.

        u = x_t w_x,  v = h_{t-1} w_h + b                   in blocks 0 to 7
        a_0, a_2, a_5, a_7 = sigmoid(u + v)
        a_1 = relu(u + v),  a_3 = relu(u * v),  a_4, a_6 = tanh(u + v)
        c_t = tanh(tanh(a_0 * a_1) + c_{t-1}) * tanh(a_2 + a_3)
        h_t = tanh(c_t * tanh(tanh(a_4 * a_5) + sigmoid(a_6 + a_7))),  y_t = h_t

    It follows TensorFlow's cell, where `b` can be left out and is by default; it is added to the
    state's map, which matters in block 3, and starts at zero here. Other libraries add in block 3
    where this and the paper's figure multiply. `|c|` stays below 1 and `|h|` below `tanh(1)`.

    References:
        Zoph & Le (2017), Neural architecture search with reinforcement learning, ICLR,
        arXiv:1611.01578, appendix A, figure 8, top right.

    Example:
        >>> from rnnjax import cells
        >>> cells.NASCell(64)
        NASCell(hidden=64)
    """

    blocks = ("a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7")
    state_type = LSTMState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def project(self, params: GatedParams, x: Array) -> Array:
        """Returns `x w_x`, `[..., 8H]`."""
        return x @ params.w_x

    def combine(
        self, params: GatedParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the three layers of functions."""
        tanh, gate = self.activation, self.gate_activation
        us, vs = jnp.split(u, 8, axis=-1), jnp.split(v + repeat(params.b, v), 8, axis=-1)
        a = [u_k + v_k for u_k, v_k in zip(us, vs, strict=True)]
        injected = tanh(tanh(gate(a[0]) * relu(a[1])) + state.c)
        c = injected * tanh(gate(a[2]) + relu(us[3] * vs[3]))
        h = tanh(c * tanh(tanh(tanh(a[4]) * gate(a[5])) + gate(tanh(a[6]) + gate(a[7]))))
        return LSTMState(h=h, c=c), h
