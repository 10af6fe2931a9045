"""Any unitary matrix."""

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.orthogonal.maps import exponential, skew_hermitian
from rnnjax.cells.orthogonal.unitarycell import UnitaryCell
from rnnjax.typing import Array, Key


class FullCapacityURNNParams(NamedTuple):
    """Parameters of `FullCapacityURNN`."""

    w_x: Array  # [D, 2H], real and imaginary parts
    a: Array  # [H (H - 1) / 2], the upper triangle of the real part of A
    s: Array  # [H (H + 1) / 2], that of its imaginary part, with the diagonal
    b: Array  # [H]


class FullCapacityURNN(UnitaryCell):
    """Unitary network of any unitary matrix, complex.

        A = skew(a) + i symmetric(s),  W = exp(A)
        z_t = x_t w_x + h_{t-1} W,  h_t = z_t / |z_t| relu(|z_t| + b)
        y_t = [re(h_t), im(h_t)]

    The paper learns `W` itself, by steps along the manifold of unitary matrices. Here it is the
    exponential of a skew-Hermitian matrix, `H^2` free numbers, so that any optimizer keeps it
    unitary: the same matrices, another path to them. At `A = 0` a small step of plain gradient
    descent is one along the manifold. It starts with random phases, `A` diagonal, where the paper
    has the product of `URNN`. `W` is made once a sequence. The authors learn the first state, which
    is `compose.learned_start`; their code adds 1e-5 to `|z|`.

    References:
        Wisdom, Powers, Hershey, Le Roux & Atlas (2016), Full-capacity unitary recurrent neural
        networks, NeurIPS, arXiv:1611.00035.

    Example:
        >>> from rnnjax import cells
        >>> cells.FullCapacityURNN(128).output_dim
        256
    """

    params_type = FullCapacityURNNParams
    bias_range: ClassVar[float] = 0.01

    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws phases from the circle."""
        n = self.hidden
        phases = jax.random.uniform(key, (n,), minval=-jnp.pi, maxval=jnp.pi)
        rows, columns = jnp.triu_indices(n)
        s = jnp.where(rows == columns, phases[rows], 0)
        return {"a": jnp.zeros(n * (n - 1) // 2), "s": s}

    def matrix(self, params: FullCapacityURNNParams) -> Array:
        """Returns the exponential."""
        return exponential(skew_hermitian(params.a, params.s, self.hidden))
