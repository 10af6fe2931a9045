"""Gated recurrent unit, as cuDNN and PyTorch have it."""

import functools
from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, with_slope
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.typing import Array


class GRUParams(NamedTuple):
    """Parameters of `GRU`; the columns are three blocks of H: r, z, n."""

    w_x: Array  # [D, 3H]
    w_h: Array  # [H, 3H]
    b: Array  # [3H]
    b_n: Array  # [H], the candidate's second bias, inside the reset


class GRUState(NamedTuple):
    """State of `GRU` and `GRUResetBefore`."""

    h: Array  # [..., H]


class GRUGates(NamedTuple):
    """Gates of `GRU` and `GRUResetBefore`, `[..., H]` each."""

    r: Array
    z: Array
    n: Array


class GRU(GatedCell):
    """Gated recurrent unit that resets *after* the recurrent product.

        r_t, z_t = sigmoid(x_t w_x + h_{t-1} w_h + b)           in blocks r, z
        n_t = tanh(x_t w_x + b + r_t * (h_{t-1} w_h + b_n))     in block n
        h_t = (1 - z_t) * n_t + z_t * h_{t-1},  y_t = h_t

    This is the unit of cuDNN, PyTorch and Keras (`reset_after`), one product a step; the paper's
    main text resets before the product, which is `GRUResetBefore`. `gate_activation` and
    `activation` stand where sigmoid and tanh do.

    References:
        Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for
        statistical machine translation, arXiv:1406.1078, version 1.

    Example:
        >>> from rnnjax import cells
        >>> cells.GRU(64, gate_activation=cells.hard_sigmoid)
        GRU(hidden=64, gate_activation=hard_sigmoid)
    """

    blocks = ("r", "z", "n")
    params_type = GRUParams
    state_type = GRUState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def combine(
        self, params: GRUParams, state: GRUState, u: Array, v: Array
    ) -> tuple[GRUState, Array]:
        """Applies the gates."""
        b_n = repeat(params.b_n, state.h)
        h = update(self.activation, self.gate_activation, u, v, state.h, b_n)
        return GRUState(h), h

    def gates(self, params: GRUParams, state: GRUState, u: Array, v: Array) -> GRUGates:
        """Returns the values of the gates."""
        b_n = repeat(params.b_n, state.h)
        return _gates(self.activation, self.gate_activation, u, v, b_n)


def _gates(activation: Activation, gate: Activation, u: Array, v: Array, b_n: Array) -> GRUGates:
    u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
    v_r, v_z, v_n = jnp.split(v, 3, axis=-1)
    r = gate(u_r + v_r)
    return GRUGates(r, gate(u_z + v_z), activation(u_n + r * (v_n + b_n)))


@functools.partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def update(
    activation: Activation, gate: Activation, u: Array, v: Array, h: Array, b_n: Array
) -> Array:
    """Maps `u` and `v [..., 3H]`, `h_{t-1}` and `b_n [..., H]` to `h_t [..., H]`.

    Example:
        >>> u, v, h = jnp.zeros(6), jnp.zeros(6), jnp.ones(2)
        >>> update(jnp.tanh, fast_sigmoid, u, v, h, b_n=jnp.zeros(2)).tolist()
        [0.5, 0.5]
    """
    _, z, n = _gates(activation, gate, u, v, b_n)
    return (1 - z) * n + z * h


@update.defjvp
def _update_jvp(
    activation: Activation,
    gate: Activation,
    primals: tuple[Array, ...],
    tangents: tuple[Array, ...],
) -> tuple[Array, Array]:
    """The derivative, written so that a step keeps five arrays for the backward pass."""
    u, v, h, b_n = primals
    u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
    v_r, v_z, v_n = jnp.split(v, 3, axis=-1)
    r, r_slope = with_slope(gate, u_r + v_r)
    z, z_slope = with_slope(gate, u_z + v_z)
    n, n_slope = with_slope(activation, u_n + r * (v_n + b_n))

    du, dv, dh, db_n = tangents
    du_r, du_z, du_n = jnp.split(du, 3, axis=-1)
    dv_r, dv_z, dv_n = jnp.split(dv, 3, axis=-1)
    dr = ((v_n + b_n) * r_slope) * (du_r + dv_r)
    dn = ((1 - z) * n_slope) * (du_n + dr + r * (dv_n + db_n))
    dz = ((h - n) * z_slope) * (du_z + dv_z)
    return (1 - z) * n + z * h, dn + dz + z * dh
