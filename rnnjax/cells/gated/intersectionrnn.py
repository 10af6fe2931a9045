"""The plain network with gates through time and through depth."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, relu
from rnnjax.cells.biases import Zeros
from rnnjax.cells.broadcast import affine
from rnnjax.cells.gatedcell import GatedCell, GatedState
from rnnjax.cells.initializers import gate_blocks
from rnnjax.typing import Array, Key


class IntersectionRNNParams(NamedTuple):
    """Parameters of `IntersectionRNN`; the columns are four blocks of H: f, n, g, m."""

    w_x: Array  # [H, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    w_in: Array | None  # [D, H], None where D = H
    b_in: Array | None  # [H]


class IntersectionRNNGates(NamedTuple):
    """Gates of `IntersectionRNN`, `[..., H]` each."""

    f: Array
    n: Array
    g: Array
    m: Array


class IntersectionRNN(GatedCell):
    """Intersection recurrent network (+RNN), gated through time and through depth.

        f_t, g_t = sigmoid(x_t w_x + h_{t-1} w_h + b)       in blocks f, g
        n_t = tanh(x_t w_x + h_{t-1} w_h + b)               in block n
        m_t = relu(x_t w_x + h_{t-1} w_h + b)               in block m
        h_t = f_t * h_{t-1} + (1 - f_t) * n_t
        y_t = g_t * x_t + (1 - g_t) * m_t

    The output is not the state. It needs inputs as wide as the state: of others `x_t` is replaced
    by `x_t w_in + b_in`, as in the first layer of TensorFlow's cell. Without `y_t` it is a `UGRNN`.
    The biases of both gates start at `forget_bias`, which TensorFlow adds at each step; a
    `bias_init` other than zeros decides on all blocks instead.

    References:
        Collins, Sohl-Dickstein & Sussillo (2017), Capacity and trainability in recurrent neural
        networks, ICLR, arXiv:1611.09913.

    Example:
        >>> from rnnjax import cells
        >>> cells.IntersectionRNN(64)
        IntersectionRNN(hidden=64, forget_bias=1.0)
    """

    blocks = ("f", "n", "g", "m")
    params_type = IntersectionRNNParams

    forget_bias: float = 1.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    depth_activation: Activation = field(default=relu, kw_only=True)

    def init(self, key: Key, input_dim: int) -> IntersectionRNNParams:
        """Draws weights block by block with the initializers."""
        params = super().init(key, self.hidden)
        if self.bias_init == Zeros():
            start = jnp.array([self.forget_bias, 0.0, self.forget_bias, 0.0])
            params = params._replace(b=jnp.repeat(start, self.hidden))
        if input_dim == self.hidden:
            return params._replace(w_in=None, b_in=None)
        key_in = jax.random.fold_in(key, 3)
        return params._replace(
            w_in=gate_blocks(self.input_init, key_in, input_dim, self.hidden, 1),
            b_in=jnp.zeros(self.hidden),
        )

    def project(self, params: IntersectionRNNParams, x: Array) -> Array:
        """Returns `x w_x + b` and `x`, `[..., 5H]`."""
        if params.w_in is not None and params.b_in is not None:
            x = affine(x, params.w_in, params.b_in)
        return jnp.concatenate([affine(x, params.w_x, params.b), x], axis=-1)

    def combine(
        self, params: IntersectionRNNParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        f, n, g, m = self.gates(params, state, u, v)
        h = f * state.h + (1 - f) * n
        x = u[..., 4 * self.hidden :]
        return GatedState(h), g * x + (1 - g) * m

    def gates(
        self, params: IntersectionRNNParams, state: GatedState, u: Array, v: Array
    ) -> IntersectionRNNGates:
        """Returns the values of the gates."""
        del params, state
        f, n, g, m = jnp.split(u[..., : 4 * self.hidden] + v, 4, axis=-1)
        return IntersectionRNNGates(
            f=self.gate_activation(f),
            n=self.activation(n),
            g=self.gate_activation(g),
            m=self.depth_activation(m),
        )
