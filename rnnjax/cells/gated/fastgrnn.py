"""A gate and a candidate that share both maps."""

from dataclasses import field
from typing import Any, NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gated.fastrnn import ones
from rnnjax.cells.gatedcell import GatedCell, GatedState
from rnnjax.cells.initializers import Initializer, Normal
from rnnjax.typing import Array, Key


class FastGRNNParams(NamedTuple):
    """Parameters of `FastGRNN`."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array  # [2H]: z, n
    zeta: Array  # []
    nu: Array  # []


class FastGRNNGates(NamedTuple):
    """Gates of `FastGRNN`, `[..., H]` each."""

    z: Array
    n: Array


class FastGRNN(GatedCell):
    """Fast gated network: one matrix of the input and one of the state serve gate and candidate.

        p_t = x_t w_x + h_{t-1} w_h
        z_t = sigmoid(p_t + b),  n_t = tanh(p_t + b)        in blocks z, n of b
        h_t = (sigmoid(zeta) * (1 - z_t) + sigmoid(nu)) * n_t + z_t * h_{t-1},  y_t = h_t

    `zeta` and `nu` start at the fields of these names; the paper calls so what the sigmoids make of
    them. Initial weights and biases, of 1, are those of the authors' code. The paper's low-rank,
    sparse and whole-number matrices are a matter of what stands in `w_x` and `w_h`; its piecewise
    linear tanh is `cells.hard_tanh`.

    References:
        Kusupati et al. (2018), FastGRNN: a fast, accurate, stable and tiny kilobyte sized gated
        recurrent neural network, NeurIPS, arXiv:1901.02358, section 3.2, eq. 6.

    Example:
        >>> from rnnjax import cells
        >>> cells.FastGRNN(64)
        FastGRNN(hidden=64, zeta=1.0, nu=-4.0)
    """

    blocks = ("h",)
    biased_blocks = ("z", "n")
    params_type = FastGRNNParams

    zeta: float = 1.0
    nu: float = -4.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    input_init: Initializer = field(default=Normal(0.1), kw_only=True)
    recurrent_init: Initializer = field(default=Normal(0.1), kw_only=True)
    bias_init: BiasInitializer = field(default=ones, kw_only=True)

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws weights with the initializers."""
        params = super().init(key, input_dim)
        return params._replace(zeta=jnp.asarray(self.zeta), nu=jnp.asarray(self.nu))

    def project(self, params: FastGRNNParams, x: Array) -> Array:
        """Returns `x w_x`, `[..., H]`."""
        return x @ params.w_x

    def combine(
        self, params: FastGRNNParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        z, n = self.gates(params, state, u, v)
        h = (fast_sigmoid(params.zeta) * (1 - z) + fast_sigmoid(params.nu)) * n + z * state.h
        return GatedState(h), h

    def gates(self, params: FastGRNNParams, state: GatedState, u: Array, v: Array) -> FastGRNNGates:
        """Returns the values of the gates."""
        del state
        p = u + v
        b_z, b_n = jnp.split(params.b, 2)
        z = self.gate_activation(p + repeat(b_z, p))
        return FastGRNNGates(z=z, n=self.activation(p + repeat(b_n, p)))
