"""xLSTM's matrix memory: exponential gates, and a scale that keeps their products finite."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, Normal
from rnnjax.cells.matrix.heads import HeadedCell, merge, outer, read_by, wide_dtype
from rnnjax.typing import Array, Key


class MLSTMParams(NamedTuple):
    """Parameters of `MLSTM`; `K = heads * dk`."""

    w_q: Array  # [D, K]
    w_k: Array  # [D, K]
    w_v: Array  # [D, H]
    w_i: Array  # [D, heads]
    w_f: Array  # [D, heads]
    w_o: Array  # [D, H]
    b_i: Array  # [heads]
    b_f: Array  # [heads]
    b_o: Array  # [H]


class MLSTMState(NamedTuple):
    """State of `MLSTM`; what the equations without scale call C and n is `exp(m)` as large."""

    C: Array  # [..., heads, dk, dv]
    n: Array  # [..., heads, dk]
    m: Array  # [..., heads]


class MLSTMElement(NamedTuple):
    """One step of `MLSTM`, or several: a decay by `exp(F)`, then `exp(m) C` and `exp(m) n` more."""

    F: Array  # [..., heads]
    m: Array  # [..., heads]
    C: Array  # [..., heads, dk, dv]
    n: Array  # [..., heads, dk]


class MLSTM(HeadedCell):
    """The matrix memory of xLSTM.

        q_t, k_t, v_t = x_t w_q, x_t w_k / sqrt(dk), x_t w_v                in heads
        i_t, f_t = x_t w_i + b_i, log(sigmoid(x_t w_f + b_f))               one a head
        m_t = max(f_t + m_{t-1}, i_t)
        C_t = exp(f_t + m_{t-1} - m_t) C_{t-1} + exp(i_t - m_t) k_t^T v_t
        n_t = exp(f_t + m_{t-1} - m_t) n_{t-1} + exp(i_t - m_t) k_t
        y_t = sigmoid(x_t w_o + b_o) * q_t C_t / (max(|q_t n_t|, exp(-m_t)) + eps)

    `exp(m)` is the scale of C and n, and outputs do not depend on it but for `eps`. A head is
    `dv = hidden / heads` wide, and so are its keys, or `key_dim`. Queries, keys and values have no
    bias, as in the authors' code, whose gates see those three where the paper's see the input. The
    convolution, norms and skips around it belong to the paper's block, not to the recurrence.

    Example:
        >>> MLSTM(64, heads=4)
        MLSTM(hidden=64, heads=4)

    References:
        Beck et al. (2024), xLSTM: extended long short-term memory, NeurIPS, arXiv:2405.04517,
        section 2.3 and appendix A (the scale); `eps` and the initial gates are those of the code.
    """

    eps: float = field(default=1e-6, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses denominators that may be zero.

        Raises:
            ValueError: if `eps` is below 0.
        """
        super().__post_init__()
        if not self.eps >= 0:
            raise ValueError(f"{self}: eps must be 0 or more")

    def init(self, key: Key, input_dim: int) -> MLSTMParams:
        """Draws Glorot weights; gates at first depend on no input, those to forget hardly do."""
        keys = jax.random.split(key, 5)
        width, draw = self.heads * self.dk, Glorot()
        return MLSTMParams(
            w_q=draw(keys[0], (input_dim, width)),
            w_k=draw(keys[1], (input_dim, width)),
            w_v=draw(keys[2], (input_dim, self.hidden)),
            w_i=jnp.zeros((input_dim, self.heads)),
            w_f=jnp.zeros((input_dim, self.heads)),
            w_o=draw(keys[3], (input_dim, self.hidden)),
            b_i=Normal(0.1)(keys[4], (1, self.heads))[0],
            b_f=jnp.linspace(3.0, 6.0, self.heads),
            b_o=jnp.zeros(self.hidden),
        )

    def initial_state(self, params: MLSTMParams, batch_shape: tuple[int, ...] = ()) -> MLSTMState:
        """Zeros, of m too; of single precision where the parameters are of less."""
        wide, shape = wide_dtype(params), (*batch_shape, self.heads)
        return MLSTMState(
            C=jnp.zeros((*shape, self.dk, self.dv), wide),
            n=jnp.zeros((*shape, self.dk), wide),
            m=jnp.zeros(shape, wide),
        )

    def element(self, params: MLSTMParams, x: Array) -> MLSTMElement:
        """Returns `f`, `i`, `k^T v` and `k`."""
        wide = wide_dtype(params)
        k, v = (self.split(x @ w).astype(wide) for w in (params.w_k, params.w_v))
        i = affine(x, params.w_i, params.b_i).astype(wide)
        f = jax.nn.log_sigmoid(affine(x, params.w_f, params.b_f).astype(wide))
        k = k * self.dk**-0.5
        return MLSTMElement(F=f, m=i, C=outer(k, v), n=k)

    def compose(self, earlier: MLSTMElement, later: MLSTMElement) -> MLSTMElement:
        """Returns both decays and the sum of what is left of both, at the scale of the larger."""
        C, n, m = _add((earlier.C, earlier.n, earlier.m), later)
        return MLSTMElement(F=earlier.F + later.F, m=m, C=C, n=n)

    def apply(self, element: MLSTMElement, state: MLSTMState) -> MLSTMState:
        """Returns the sum of what is left of the state and what the element adds."""
        return MLSTMState(*_add(state, element))

    def readout(self, params: MLSTMParams, state: MLSTMState, x: Array) -> Array:
        """Returns `sigmoid(x w_o + b_o) * q C / (max(|q n|, exp(-m)) + eps)`, `[..., H]`."""
        C, n, m = state
        q = self.split(x @ params.w_q).astype(C.dtype)
        # Both sides times exp(min(m, 0)), since exp(-m) may overflow.
        scale = jnp.exp(jnp.minimum(m, 0))
        size = jnp.maximum(jnp.abs(jnp.sum(q * n, axis=-1)) * scale, jnp.exp(-jnp.maximum(m, 0)))
        read = read_by(q, C) * (scale / (size + self.eps * scale))[..., None]
        dtype = jnp.result_type(x, params.w_q)
        return fast_sigmoid(affine(x, params.w_o, params.b_o)) * merge(read).astype(dtype)


def _add(before: tuple[Array, Array, Array], new: MLSTMElement) -> tuple[Array, Array, Array]:
    """Returns the sums C and n of what is left of `before` and what is new, and their scale m."""
    C, n, m = before
    kept = new.F + m
    m = jnp.maximum(kept, new.m)
    old, add = jnp.exp(kept - m)[..., None], jnp.exp(new.m - m)[..., None]
    return old[..., None] * C + add[..., None] * new.C, old * n + add * new.n, m
