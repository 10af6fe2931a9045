"""Gated recurrent units: the two functions that go by that name."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import sigmoid
from rnnjax.cells.base import Cell, SplitCell
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.initializers import Glorot, Orthogonal, gate_blocks
from rnnjax.typing import Array, Key


class GRUState(NamedTuple):
    """State of both units."""

    h: Array  # [..., H]


class GRUParams(NamedTuple):
    """Parameters of `GRU`; the columns are three blocks of H: r, z, n."""

    w_x: Array  # [D, 3H]
    w_h: Array  # [H, 3H]
    b: Array  # [3H]
    b_n: Array  # [H], the candidate's second bias, inside the reset


class GRU(SplitCell):
    """Gated recurrent unit that resets *after* the recurrent product.

        r_t, z_t = sigmoid(x_t w_x + h_{t-1} w_h + b)           in blocks r, z
        n_t = tanh(x_t w_x + b + r_t * (h_{t-1} w_h + b_n))     in block n
        h_t = (1 - z_t) * n_t + z_t * h_{t-1},  y_t = h_t

    This is the unit of cuDNN, PyTorch and Keras (`reset_after`), one product a step; the paper's
    main text resets before the product, which is `GRUResetBefore`.

    References:
        Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for
        statistical machine translation, arXiv:1406.1078, version 1.
    """

    hidden: int

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> GRUParams:
        """Draws Glorot input weights and orthogonal recurrent ones, gate by gate; no biases."""
        key_x, key_h = jax.random.split(key)
        return GRUParams(
            w_x=gate_blocks(Glorot(), key_x, input_dim, self.hidden, 3),
            w_h=gate_blocks(Orthogonal(), key_h, self.hidden, self.hidden, 3),
            b=jnp.zeros(3 * self.hidden),
            b_n=jnp.zeros(self.hidden),
        )

    def initial_state(self, params: GRUParams, batch_shape: tuple[int, ...] = ()) -> GRUState:
        """Zeros."""
        return GRUState(jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype))

    def project(self, params: GRUParams, x: Array) -> Array:
        """Returns `x w_x + b`, `[..., 3H]`."""
        return affine(x, params.w_x, params.b)

    def recur(self, params: GRUParams, state: GRUState) -> Array:
        """Returns `h w_h`, `[..., 3H]`."""
        return state.h @ params.w_h

    def combine(
        self, params: GRUParams, state: GRUState, u: Array, v: Array
    ) -> tuple[GRUState, Array]:
        """Applies the gates."""
        h = gates(u, v, state.h, repeat(params.b_n, state.h))
        return GRUState(h), h


@jax.custom_jvp
def gates(u: Array, v: Array, h: Array, b_n: Array) -> Array:
    """Maps `u` and `v [..., 3H]`, `h_{t-1}` and `b_n [..., H]` to `h_t [..., H]`."""
    u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
    v_r, v_z, v_n = jnp.split(v, 3, axis=-1)
    r = sigmoid(u_r + v_r)
    z = sigmoid(u_z + v_z)
    n = jnp.tanh(u_n + r * (v_n + b_n))
    return (1 - z) * n + z * h


@gates.defjvp
def _gates_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    """The derivative, written so that a step keeps five arrays for the backward pass."""
    u, v, h, b_n = primals
    u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
    v_r, v_z, v_n = jnp.split(v, 3, axis=-1)
    r = sigmoid(u_r + v_r)
    z = sigmoid(u_z + v_z)
    n = jnp.tanh(u_n + r * (v_n + b_n))

    du, dv, dh, db_n = tangents
    du_r, du_z, du_n = jnp.split(du, 3, axis=-1)
    dv_r, dv_z, dv_n = jnp.split(dv, 3, axis=-1)
    dr = ((v_n + b_n) * r * (1 - r)) * (du_r + dv_r)
    dn = ((1 - z) * (1 - n * n)) * (du_n + dr + r * (dv_n + db_n))
    dz = ((h - n) * z * (1 - z)) * (du_z + dv_z)
    return (1 - z) * n + z * h, dn + dz + z * dh


class GRUResetBeforeParams(NamedTuple):
    """Parameters of `GRUResetBefore`; blocks r, z, n."""

    w_x: Array  # [D, 3H]
    w_rz: Array  # [H, 2H]
    w_n: Array  # [H, H]
    b: Array  # [3H]


class GRUResetBefore(Cell):
    """Gated recurrent unit that resets *before* the recurrent product.

        r_t, z_t = sigmoid(x_t w_x + h_{t-1} w_rz + b)          in blocks r, z
        n_t = tanh(x_t w_x + (r_t * h_{t-1}) w_n + b)           in block n
        h_t = (1 - z_t) * n_t + z_t * h_{t-1},  y_t = h_t

    The candidate's product waits for the reset gate, so this is a `Cell` and no `SplitCell`.

    References:
        Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for
        statistical machine translation, EMNLP, eqs. 5-8.
    """

    hidden: int

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> GRUResetBeforeParams:
        """Draws Glorot input weights and orthogonal recurrent ones, gate by gate; no biases."""
        key_x, key_rz, key_n = jax.random.split(key, 3)
        return GRUResetBeforeParams(
            w_x=gate_blocks(Glorot(), key_x, input_dim, self.hidden, 3),
            w_rz=gate_blocks(Orthogonal(), key_rz, self.hidden, self.hidden, 2),
            w_n=Orthogonal()(key_n, (self.hidden, self.hidden)),
            b=jnp.zeros(3 * self.hidden),
        )

    def initial_state(
        self, params: GRUResetBeforeParams, batch_shape: tuple[int, ...] = ()
    ) -> GRUState:
        """Zeros."""
        return GRUState(jnp.zeros((*batch_shape, self.hidden), params.w_n.dtype))

    def step(
        self, params: GRUResetBeforeParams, state: GRUState, x_t: Array
    ) -> tuple[GRUState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        u_r, u_z, u_n = jnp.split(affine(x_t, params.w_x, params.b), 3, axis=-1)
        v_r, v_z = jnp.split(state.h @ params.w_rz, 2, axis=-1)
        r = sigmoid(u_r + v_r)
        z = sigmoid(u_z + v_z)
        n = jnp.tanh(u_n + (r * state.h) @ params.w_n)
        h = (1 - z) * n + z * state.h
        return GRUState(h), h
