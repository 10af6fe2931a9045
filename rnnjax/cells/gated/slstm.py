"""xLSTM's scalar memory: exponential gates, and a scale that keeps their products finite."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.biases import Zeros
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.cells.initializers import Initializer, Normal, gate_blocks
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key

_NOTHING = -1e30  # for the logarithm of zero, so that sums and differences are numbers


class SLSTMParams(NamedTuple):
    """Parameters of `SLSTM`; the columns are four blocks of H: i, f, z, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H / heads, 4H], from the units of a head to those of the same
    b: Array  # [4H]


class SLSTMPrepared(NamedTuple):
    """Parameters of `SLSTM` with all of the recurrent matrix."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]


class SLSTMState(NamedTuple):
    """State of `SLSTM`; what the equations without scale call c and n is `exp(m)` as large."""

    h: Array  # [..., H]
    c: Array  # [..., H]
    n: Array  # [..., H]
    m: Array  # [..., H]


class SLSTMGates(NamedTuple):
    """Gates of `SLSTM`, `[..., H]` each; i and f at the new scale, so at most 1."""

    i: Array
    f: Array
    z: Array
    o: Array


class SLSTM(GatedCell):
    """The scalar memory of xLSTM.

        p_t = x_t w_x + h_{t-1} w_h + b                             in blocks i, f, z, o
        m_t = max(log(sigmoid(p_t in f)) + m_{t-1}, p_t in i)
        f_t = exp(log(sigmoid(p_t in f)) + m_{t-1} - m_t),  i_t = exp(p_t - m_t in i)
        z_t, o_t = tanh(p_t in z), sigmoid(p_t in o)
        c_t = f_t * c_{t-1} + i_t * z_t,  n_t = f_t * n_{t-1} + i_t
        h_t = o_t * c_t / n_t,  y_t = h_t

    `exp(m)` is the scale of c and n, and no output depends on it. The paper leaves open whether the
    forget gate is a sigmoid or exponential too; this is the authors' code. Where n is zero, as at
    first, `m_t` is `p_t in i` as in that code, unit by unit, which makes `n = 1` and `c = z`; by
    the equation a gate i of next to nothing would make 0 / 0. Units of one of
    `heads` do not see those of another. The recurrent matrix starts at zero, and the bias of f at 5
    to -7 over the units of a head; a `bias_init` other than zeros decides on all gates instead. The
    convolution, norms and products around it belong to the paper's block.

    References:
        Beck et al. (2024), xLSTM: extended long short-term memory, NeurIPS, arXiv:2405.04517,
        section 2.2 and appendix A.

    Example:
        >>> from rnnjax import cells
        >>> cells.SLSTM(64, heads=4)
        SLSTM(hidden=64, heads=4)
    """

    blocks = ("i", "f", "z", "o")
    params_type = SLSTMParams
    state_type = SLSTMState

    heads: int = 1
    recurrent_init: Initializer = field(default=Normal(0.0), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses heads that do not divide the width.

        Raises:
            ValueError: if `heads` does not divide `hidden`.
        """
        super().__post_init__()
        if self.hidden % self.heads:
            raise ValueError(f"{self}: heads must divide hidden")

    def init(self, key: Key, input_dim: int) -> SLSTMParams:
        """Draws weights block by block with the initializers."""
        params = super().init(key, input_dim)
        if self.bias_init != Zeros():
            return params
        width = self.hidden // self.heads
        # The code's powers, at the first layer.
        f = 5 - 12 * (jnp.arange(width) / max(width - 1, 1)) ** 0.3
        b = jnp.concatenate([jnp.zeros(self.hidden), jnp.tile(f, self.heads)])
        return params._replace(b=jnp.concatenate([b, jnp.zeros(2 * self.hidden)]))

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [H / heads, 4H]`, a square matrix for each head and block."""
        width = self.hidden // self.heads
        return gate_blocks(self.recurrent_init, key, width, width, 4 * self.heads)

    def initial_state(
        self, params: SLSTMParams | SLSTMPrepared, batch_shape: tuple[int, ...] = ()
    ) -> SLSTMState:
        """Zeros; all but h of single precision where the parameters are of less."""
        h = jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype)
        c = h.astype(single_or_wider(h.dtype))
        return SLSTMState(h=h, c=c, n=c, m=c)

    def prepare(self, params: SLSTMParams | SLSTMPrepared) -> SLSTMPrepared:
        """Lays the heads along the diagonal of a matrix."""
        if isinstance(params, SLSTMPrepared):
            return params
        head = jnp.arange(self.hidden) // (self.hidden // self.heads)
        own = jnp.tile(head[:, None] == head[None], (1, len(self.blocks)))
        w_h = jnp.where(own, jnp.tile(params.w_h, (self.heads, 1)), 0)
        return SLSTMPrepared(params.w_x, w_h, params.b)

    def recur(self, params: SLSTMParams | SLSTMPrepared, state: SLSTMState) -> Array:
        """Returns `h w_h`, head by head, `[..., 4H]`."""
        return state.h @ self.prepare(params).w_h

    def combine(
        self, params: SLSTMParams | SLSTMPrepared, state: SLSTMState, u: Array, v: Array
    ) -> tuple[SLSTMState, Array]:
        """Applies the gates."""
        i, f, z, o, m = _gates(state, u + v)
        c, n = f * state.c + i * z, f * state.n + i
        h = (o * (c / n)).astype(u.dtype)
        return SLSTMState(h=h, c=c, n=n, m=m), h

    def gates(
        self, params: SLSTMParams | SLSTMPrepared, state: SLSTMState, u: Array, v: Array
    ) -> SLSTMGates:
        """Returns the values of the gates."""
        return SLSTMGates(*_gates(state, u + v)[:4])


def _gates(state: SLSTMState, p: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Returns the four gates and the new scale."""
    i, f, z, o = jnp.split(p.astype(state.m.dtype), 4, axis=-1)
    kept = jnp.where(state.n == 0, _NOTHING, jax.nn.log_sigmoid(f) + state.m)
    m = jnp.maximum(kept, i)
    return jnp.exp(i - m), jnp.exp(kept - m), jnp.tanh(z), fast_sigmoid(o), m
