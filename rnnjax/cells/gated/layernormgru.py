"""GRU with its sums normalised."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.gated.gru import GRUGates, GRUState
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.cells.norms import standardize
from rnnjax.typing import Array, Key


class LayerNormGRUParams(NamedTuple):
    """Parameters of `LayerNormGRU`; the columns are three blocks of H: r, z, n."""

    w_x: Array  # [D, 3H]
    w_h: Array  # [H, 3H]
    b: Array  # [3H], within the norm
    gain_x: Array  # [3H]
    shift_x: Array  # [3H]
    gain_h: Array  # [3H]
    shift_h: Array  # [3H]


class LayerNormGRU(GatedCell):
    """Gated recurrent unit with layer normalisation.

        u_t = norm(x_t w_x + b) * gain_x + shift_x              in blocks r, z, n
        v_t = norm(h_{t-1} w_h) * gain_h + shift_h              in blocks r, z, n
        r_t, z_t = sigmoid(u_t + v_t)                           in blocks r, z
        n_t = tanh(u_t + r_t * v_t)                             in block n
        h_t = (1 - z_t) * n_t + z_t * h_{t-1},  y_t = h_t
        norm(s) = (s - mean(s)) / sqrt(var(s) + eps)

    A norm runs over the blocks r and z together and over n by itself, as in the authors' code,
    which also says what z is: the paper's appendix lets it write, here it keeps, as in `GRU`.
    `compose.layer_norm(GRU(hidden))` takes all three blocks together.

    References:
        Ba, Kiros & Hinton (2016), Layer normalization, arXiv:1607.06450, section 6.3 and the
        supplementary material.

    Example:
        >>> from rnnjax import cells
        >>> cells.LayerNormGRU(64)
        LayerNormGRU(hidden=64)
    """

    blocks = ("r", "z", "n")
    params_type = LayerNormGRUParams
    state_type = GRUState

    eps: float = field(default=1e-5, kw_only=True)
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what makes roots of negative numbers.

        Raises:
            ValueError: if `eps` is not above 0.
        """
        super().__post_init__()
        if not self.eps > 0:
            raise ValueError(f"{self}: eps must be above 0")

    def init(self, key: Key, input_dim: int) -> LayerNormGRUParams:
        """Draws weights block by block with the initializers; gains start at one."""
        ones, zeros = jnp.ones(3 * self.hidden), jnp.zeros(3 * self.hidden)
        return (
            super()
            .init(key, input_dim)
            ._replace(gain_x=ones, shift_x=zeros, gain_h=ones, shift_h=zeros)
        )

    def project(self, params: LayerNormGRUParams, x: Array) -> Array:
        """Returns `u`, `[..., 3H]`."""
        return self._norm(affine(x, params.w_x, params.b), params.gain_x, params.shift_x)

    def recur(self, params: LayerNormGRUParams, state: GRUState) -> Array:
        """Returns `v`, `[..., 3H]`."""
        return self._norm(state.h @ params.w_h, params.gain_h, params.shift_h)

    def combine(
        self, params: LayerNormGRUParams, state: GRUState, u: Array, v: Array
    ) -> tuple[GRUState, Array]:
        """Applies the gates."""
        _, z, n = self.gates(params, state, u, v)
        h = (1 - z) * n + z * state.h
        return GRUState(h), h

    def gates(self, params: LayerNormGRUParams, state: GRUState, u: Array, v: Array) -> GRUGates:
        """Returns the values of the gates."""
        del params, state
        u_r, u_z, u_n = jnp.split(u, 3, axis=-1)
        v_r, v_z, v_n = jnp.split(v, 3, axis=-1)
        r = self.gate_activation(u_r + v_r)
        return GRUGates(r, self.gate_activation(u_z + v_z), self.activation(u_n + r * v_n))

    def _norm(self, s: Array, gain: Array, shift: Array) -> Array:
        parts = jnp.split(s, [2 * self.hidden], axis=-1)
        normal = jnp.concatenate([standardize(part, self.eps) for part in parts], axis=-1)
        return normal * repeat(gain, s) + repeat(shift, s)
