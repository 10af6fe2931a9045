"""The Differentiable Neural Computer."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid, softplus
from rnnjax.cells.matrix.heads import outer
from rnnjax.cells.memory.addressing import allocation, by_content, linked, product
from rnnjax.cells.memory.headedcell import HeadedMemoryCell
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key

_SOFTENING = 1e-6  # of norms, as in the authors' code


class DNCParams(NamedTuple):
    """Parameters of `DNC` of R read heads; the columns of the first four are blocks i, f, g, o.

    The columns of `w_p` are R read keys and their strengths, the write key and its strength, what
    is erased and what is written, R free gates, the allocation gate, the write gate, and for each
    read head the modes backward, content and forward.
    """

    w_x: Array  # [D, 4H]
    w_r: Array  # [R width, 4H], of what was read
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    w_p: Array  # [H, P]
    b_p: Array  # [P]


class DNCState(NamedTuple):
    """State of `DNC`."""

    h: Array  # [..., H]
    c: Array  # [..., H]
    M: Array  # [..., slots, width]
    u: Array  # [..., slots], how far a slot is in use
    L: Array  # [..., slots, slots], whether one was written right after another
    p: Array  # [..., slots], where was written last
    w_w: Array  # [..., slots], weights of the write head
    w_r: Array  # [..., R, slots], of the read heads
    r: Array  # [..., R, width]


class DNC(HeadedMemoryCell):
    """Differentiable neural computer: writes where nothing is in use, reads on in order of writing.

        h_t, c_t = LSTM([x_t, r_{t-1}], h_{t-1}, c_{t-1})
        u_t = (u + w^w - u * w^w) * prod over heads of (1 - f w^r)         w^w, w^r, u of t - 1
        a_t[i] = (1 - u_t[i]) prod of the u_t[j] that are smaller
        w^w_t = g^w (g^a a_t + (1 - g^a) content(M_{t-1}))
        M_t = M_{t-1} * (1 - w^w_t^T e) + w^w_t^T v
        L_t[i, j] = (1 - w^w_t[i] - w^w_t[j]) L_{t-1}[i, j] + w^w_t[i] p_{t-1}[j],  L_t[i, i] = 0
        p_t = (1 - sum(w^w_t)) p_{t-1} + w^w_t
        w^r_t = pi[1] w^r_{t-1} L_t + pi[2] content(M_t) + pi[3] w^r_{t-1} L_t^T
        r_t = w^r_t M_t,  y_t = [h_t, r_t]

    with `content(M) = softmax(beta cos(k, M[i]))` and, from `h_t w_p + b_p`, gates f, g^a, g^w and
    e by sigmoid, modes pi by softmax, strengths beta by 1 + softplus, keys k and v as they are.
    Among equal u the first slot counts as the smaller, and equal are those that a hundred roundings
    make: so mixed precision may write others than single does. Norms in the cosine are softened by
    1e-6 as in the authors' code; that code has strengths without the 1, several write heads, cuts
    off controllers at 20 and lets no gradient through w^w into u. The paper's
    last layer is left to the readout. Memory and weights are of single precision at least; the
    state is zero at first, and its size is the square of `slots`.

    References:
        Graves et al. (2016), Hybrid computing using a neural network with dynamic external memory,
        Nature 538.

    Example:
        >>> from rnnjax import cells
        >>> cells.DNC(64, reads=4).output_dim
        128
    """

    hidden: int
    width: int = 16
    slots: int = 16
    reads: int = 4

    @property
    def _sizes(self) -> tuple[int, ...]:
        """The numbers that the memory is told, in the order of the columns of `w_p`."""
        R, W = self.reads, self.width
        return R * W, R, W, 1, W, W, R, 1, 1, 3 * R

    def init(self, key: Key, input_dim: int) -> DNCParams:
        """Draws weights with the initializers."""
        keys = jax.random.split(key, 5)
        return DNCParams(**self.init_controller(keys, input_dim, sum(self._sizes)))

    def initial_state(self, params: DNCParams, batch_shape: tuple[int, ...] = ()) -> DNCState:
        """Zeros."""
        dtype = params.w_h.dtype
        wide, N = single_or_wider(dtype), self.slots

        def zeros(*shape: int, dtype: jnp.dtype = wide) -> Array:
            return jnp.zeros((*batch_shape, *shape), dtype)

        return DNCState(
            h=zeros(self.hidden, dtype=dtype),
            c=zeros(self.hidden, dtype=dtype),
            M=zeros(N, self.width),
            u=zeros(N),
            L=zeros(N, N),
            p=zeros(N),
            w_w=zeros(N),
            w_r=zeros(self.reads, N),
            r=zeros(self.reads, self.width, dtype=dtype),
        )

    def step(self, params: DNCParams, state: DNCState, x_t: Array) -> tuple[DNCState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H + R width]`."""
        h, c, told = self.control(params, state, x_t)
        ends = [sum(self._sizes[: i + 1]) for i in range(len(self._sizes) - 1)]
        k_r, beta_r, k_w, beta_w, e, v, f, g_a, g_w, pi = jnp.split(told, ends, axis=-1)
        k_r = k_r.reshape(*k_r.shape[:-1], self.reads, self.width)
        pi = pi.reshape(*pi.shape[:-1], self.reads, 3)
        f, g_a, g_w, e = (fast_sigmoid(a) for a in (f, g_a, g_w, e))

        u = state.u + state.w_w - state.u * state.w_w
        u = u * product(jnp.swapaxes(1 - f[..., None] * state.w_r, -1, -2))
        found = by_content(k_w[..., None, :], 1 + softplus(beta_w)[..., None], state.M, _SOFTENING)
        w_w = g_w * (g_a * allocation(u) + (1 - g_a) * found[..., 0, :])
        M = state.M * (1 - outer(w_w, e)) + outer(w_w, v)
        L = linked(state.L, state.p, w_w)
        p = (1 - w_w.sum(-1, keepdims=True)) * state.p + w_w

        backward, content, forward = jnp.split(jax.nn.softmax(pi, axis=-1), 3, axis=-1)
        w_r = content * by_content(k_r, 1 + softplus(beta_r)[..., None], M, _SOFTENING)
        w_r = w_r + backward * (state.w_r @ L) + forward * (state.w_r @ jnp.swapaxes(L, -1, -2))
        r = (w_r @ M).astype(h.dtype)
        state = DNCState(h=h, c=c, M=M, u=u, L=L, p=p, w_w=w_w, w_r=w_r, r=r)
        return state, self.output(params, state)
