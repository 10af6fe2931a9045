"""Linear attention: fast weights, normalised."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.matrix.heads import HeadedCell, merge, outer, read_by, wide_dtype
from rnnjax.typing import Array, Key


def elu_plus_one(x: Array) -> Array:
    """Returns `x + 1` of x above zero and `exp(x)` of others: above zero everywhere.

    Example:
        >>> elu_plus_one(jnp.array([0.0, 2.0])).tolist()
        [1.0, 3.0]
    """
    return jnp.where(x > 0, x + 1, jnp.exp(jnp.where(x > 0, 0, x)))


class LinearAttentionParams(NamedTuple):
    """Parameters of `LinearAttention`; `K = heads * dk`."""

    w_q: Array  # [D, K]
    w_k: Array  # [D, K]
    w_v: Array  # [D, H]


class LinearAttentionState(NamedTuple):
    """State of `LinearAttention`, and what a step adds to it."""

    S: Array  # [..., heads, dk, dv]
    z: Array  # [..., heads, dk]


class LinearAttention(HeadedCell):
    """Attention with a kernel instead of the softmax, as a recurrent network.

        q_t, k_t, v_t = phi(x_t w_q), phi(x_t w_k), x_t w_v         in heads
        S_t = S_{t-1} + k_t^T v_t,  z_t = z_{t-1} + k_t
        y_t = q_t S_t / (q_t z_t + eps)

    `phi`, here `feature_map`, is `elu(x) + 1`. With `normalise=False` outputs are `q_t S_t`, what
    Schmidhuber's fast weights give. Nothing is ever forgotten, and sums grow with time. A head is
    `dv = hidden / heads` wide, and so are its keys, or `key_dim`.

    References:
        Katharopoulos et al. (2020), Transformers are RNNs: fast autoregressive transformers with
        linear attention, ICML, arXiv:2006.16236, eqs. 16 to 20.
        Schmidhuber (1992), Learning to control fast-weight memories, Neural Computation 4.

    Example:
        >>> LinearAttention(64, heads=4)
        LinearAttention(hidden=64, heads=4)
    """

    feature_map: Activation = field(default=elu_plus_one, kw_only=True)
    normalise: bool = field(default=True, kw_only=True)
    eps: float = field(default=1e-6, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses denominators that may be zero.

        Raises:
            ValueError: if `eps` is below 0.
        """
        super().__post_init__()
        if not self.eps >= 0:
            raise ValueError(f"{self}: eps must be 0 or more")

    def init(self, key: Key, input_dim: int) -> LinearAttentionParams:
        """Draws Glorot weights."""
        width = self.heads * self.dk
        keys = jax.random.split(key, 3)
        widths = (width, width, self.hidden)
        return LinearAttentionParams(
            *(Glorot()(k, (input_dim, w)) for k, w in zip(keys, widths, strict=True))
        )

    def initial_state(
        self, params: LinearAttentionParams, batch_shape: tuple[int, ...] = ()
    ) -> LinearAttentionState:
        """Zeros; of single precision where the parameters are of less."""
        wide, shape = wide_dtype(params), (*batch_shape, self.heads, self.dk)
        return LinearAttentionState(jnp.zeros((*shape, self.dv), wide), jnp.zeros(shape, wide))

    def element(self, params: LinearAttentionParams, x: Array) -> LinearAttentionState:
        """Returns `k^T v` and `k`."""
        wide = wide_dtype(params)
        k, v = (self.split(x @ w).astype(wide) for w in (params.w_k, params.w_v))
        k = self.feature_map(k)
        return LinearAttentionState(outer(k, v), k)

    def compose(
        self, earlier: LinearAttentionState, later: LinearAttentionState
    ) -> LinearAttentionState:
        """Returns the sums."""
        return LinearAttentionState(earlier.S + later.S, earlier.z + later.z)

    def apply(
        self, element: LinearAttentionState, state: LinearAttentionState
    ) -> LinearAttentionState:
        """Returns the sums."""
        return self.compose(state, element)

    def readout(
        self, params: LinearAttentionParams, state: LinearAttentionState, x: Array
    ) -> Array:
        """Returns `q S / (q z + eps)`, `[..., H]`."""
        q = self.feature_map(self.split(x @ params.w_q).astype(state.S.dtype))
        y = read_by(q, state.S)
        if self.normalise:
            y = y / (jnp.sum(q * state.z, axis=-1, keepdims=True) + self.eps)
        return merge(y).astype(jnp.result_type(x, params.w_q))
