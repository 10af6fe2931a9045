"""A network that is deep from one step to the next."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import Zeros
from rnnjax.cells.broadcast import affine
from rnnjax.cells.gatedcell import BlockCell, GatedState
from rnnjax.cells.initializers import gate_blocks
from rnnjax.typing import Array, Key


class RHNParams(NamedTuple):
    """Parameters of `RHN` of depth L; the columns are two blocks of H: n, i."""

    w_x: Array  # [D, 2H]
    w_h: Array  # [L, H, 2H]
    b: Array  # [L, 2H]


class RHN(BlockCell):
    """Recurrent highway network: `depth` gated layers from a state to the next.

        s_0 = h_{t-1};  for l = 1 to depth, with x_t w_x where l = 1 alone:
        n_l = tanh(x_t w_x + s_{l-1} w_h[l] + b[l])         in block n
        i_l = sigmoid(x_t w_x + s_{l-1} w_h[l] + b[l])      in block i
        s_l = i_l * n_l + (1 - i_l) * s_{l-1}
        h_t = s_depth,  y_t = h_t

    The paper's h and t are n and i; its carry gate c is `1 - t`, as in all that it reports. The
    gate's biases start at `transform_bias`, at which layers let pass at first; a `bias_init` other
    than zeros decides instead. With a depth of 1 it is a `UGRNN` whose gate has the other sign. Its
    matrices act on states between two steps, so this is a `Cell` and no `SplitCell`.

    References:
        Zilly, Srivastava, Koutník & Schmidhuber (2017), Recurrent highway networks, ICML,
        arXiv:1607.03474, eqs. 6-9.

    Example:
        >>> from rnnjax import cells
        >>> cells.RHN(64, depth=5)
        RHN(hidden=64, depth=5, transform_bias=-2.0)
    """

    blocks = ("n", "i")

    depth: int = 10
    transform_bias: float = -2.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def init(self, key: Key, input_dim: int) -> RHNParams:
        """Draws weights layer by layer and block by block with the initializers."""
        key_x, key_h, key_b = jax.random.split(key, 3)
        bias = jnp.repeat(jnp.array([0.0, self.transform_bias]), self.hidden)
        keys_b = jax.random.split(key_b, self.depth)
        drawn = [self.bias_init(k, self.blocks, self.hidden) for k in keys_b]
        return RHNParams(
            w_x=gate_blocks(self.input_init, key_x, input_dim, self.hidden, 2),
            w_h=jnp.stack([self.init_recurrent(k) for k in jax.random.split(key_h, self.depth)]),
            b=jnp.stack([bias] * self.depth if self.bias_init == Zeros() else drawn),
        )

    def step(self, params: RHNParams, state: GatedState, x_t: Array) -> tuple[GatedState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        h = state.h
        z = affine(x_t, params.w_x, params.b[0]) + h @ params.w_h[0]
        for layer in range(1, self.depth):
            h = self._layer(h, z)
            z = affine(h, params.w_h[layer], params.b[layer])
        h = self._layer(h, z)
        return GatedState(h), h

    def _layer(self, h: Array, z: Array) -> Array:
        n, i = jnp.split(z, 2, axis=-1)
        n, i = self.activation(n), self.gate_activation(i)
        return i * n + (1 - i) * h
