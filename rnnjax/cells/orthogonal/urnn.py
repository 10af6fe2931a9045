"""Unitary matrices as a product of simple ones."""

from dataclasses import field
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells.initializers import Glorot
from rnnjax.cells.orthogonal.maps import reflected
from rnnjax.cells.orthogonal.unitarycell import UnitaryCell
from rnnjax.typing import Array, Key


class URNNParams(NamedTuple):
    """Parameters of `URNN`."""

    w_x: Array  # [D, 2H], real and imaginary parts
    theta: Array  # [3, H]
    v_re: Array  # [2, H]
    v_im: Array  # [2, H]
    b: Array  # [H]


class URNN(UnitaryCell):
    """Unitary evolution network, complex.

        W = D_0 F R_0 Pi D_1 F^{-1} R_1 D_2                 the leftmost first, on rows
        z_t = x_t w_x + h_{t-1} W,  h_t = z_t / |z_t| relu(|z_t| + b)
        y_t = [re(h_t), im(h_t)]

    `D_k = diag(e^{i theta_k})`, `F` is the unitary Fourier transform, `R_k` the reflection
    `I - 2 v_k v_k^H / |v_k|^2` and `Pi` a fixed permutation, drawn from `seed`: 7H numbers. `W` is
    made once a sequence, so that a step is one product. The authors learn the first state, which is
    `compose.learned_start`, and start it at random; from zeros the state stays zero until an input
    comes. Their code adds 1e-5 to `|z|`, this divides by nothing at zero.

    References:
        Arjovsky, Shah & Bengio (2016), Unitary evolution recurrent neural networks, ICML,
        arXiv:1511.06464, eqs. 6-8.

    Example:
        >>> from rnnjax import cells
        >>> cells.URNN(128).output_dim
        256
    """

    params_type = URNNParams
    bias_range: ClassVar[float] = 0.01

    seed: int = field(default=1, kw_only=True)

    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws phases from the circle, and vectors."""
        key_theta, key_re, key_im = jax.random.split(key, 3)
        H = self.hidden
        return {
            "theta": jax.random.uniform(key_theta, (3, H), minval=-jnp.pi, maxval=jnp.pi),
            "v_re": Glorot()(key_re, (2, H)),
            "v_im": Glorot()(key_im, (2, H)),
        }

    @property
    def permutation(self) -> np.ndarray:
        """Where each unit of `Pi` has what it becomes, `[H]`."""
        return np.random.default_rng(self.seed).permutation(self.hidden)

    def matrix(self, params: URNNParams) -> Array:
        """Returns the product, that of the identity's rows."""
        phases = jax.lax.complex(jnp.cos(params.theta), jnp.sin(params.theta))
        v = jax.lax.complex(params.v_re, params.v_im)
        rows = jnp.diag(phases[0])
        rows = reflected(jnp.fft.fft(rows, norm="ortho"), v[0])
        rows = rows[:, self.permutation]
        rows = rows * jnp.broadcast_to(phases[1], rows.shape)
        rows = reflected(jnp.fft.ifft(rows, norm="ortho"), v[1])
        return rows * jnp.broadcast_to(phases[2], rows.shape)
