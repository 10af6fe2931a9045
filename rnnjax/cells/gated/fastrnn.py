"""A plain network with a weighted way around it."""

from dataclasses import field
from typing import Any, NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.biases import BiasInitializer
from rnnjax.cells.gatedcell import GatedCell, GatedState
from rnnjax.cells.initializers import Initializer, Normal
from rnnjax.typing import Array, Key


class FastRNNParams(NamedTuple):
    """Parameters of `FastRNN`."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array  # [H]
    alpha: Array  # [], of the candidate
    beta: Array  # [], of the state


def ones(key: Key, blocks: tuple[str, ...], hidden: int) -> Array:
    """Returns biases of 1, as the authors start.

    Example:
        >>> ones(None, ("z", "h"), 2).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    del key
    return jnp.ones(len(blocks) * hidden)


class FastRNN(GatedCell):
    """Plain network with a residual connection of two learned numbers.

        n_t = tanh(x_t w_x + h_{t-1} w_h + b)
        h_t = sigmoid(alpha) * n_t + sigmoid(beta) * h_{t-1},  y_t = h_t

    `alpha` and `beta` start at the fields of these names, where the two weights add up to 1. The
    paper calls the weights themselves so, and says in words that sigmoids make them. Initial
    weights and biases, of 1, are those of the authors' code. The paper's low-rank and sparse
    matrices are a matter of what stands in `w_x` and `w_h`.

    References:
        Kusupati et al. (2018), FastGRNN: a fast, accurate, stable and tiny kilobyte sized gated
        recurrent neural network, NeurIPS, arXiv:1901.02358, section 3.1, eq. 2.

    Example:
        >>> from rnnjax import cells
        >>> cells.FastRNN(64)
        FastRNN(hidden=64, alpha=-3.0, beta=3.0)
    """

    blocks = ("h",)
    params_type = FastRNNParams

    alpha: float = -3.0
    beta: float = 3.0
    input_init: Initializer = field(default=Normal(0.1), kw_only=True)
    recurrent_init: Initializer = field(default=Normal(0.1), kw_only=True)
    bias_init: BiasInitializer = field(default=ones, kw_only=True)

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws weights with the initializers."""
        params = super().init(key, input_dim)
        return params._replace(alpha=jnp.asarray(self.alpha), beta=jnp.asarray(self.beta))

    def combine(
        self, params: FastRNNParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Adds the weighted state to the weighted candidate."""
        n = self.activation(u + v)
        h = fast_sigmoid(params.alpha) * n + fast_sigmoid(params.beta) * state.h
        return GatedState(h), h
