"""Matrices by their singular values."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, relu
from rnnjax.cells.orthogonal.mappedcell import ActivatedCell
from rnnjax.cells.orthogonal.maps import reflections, staircase
from rnnjax.cells.orthogonal.ornn import check_reflections
from rnnjax.cells.orthogonal.parametrizations import Householder
from rnnjax.typing import Array, Key


class SpectralRNNParams(NamedTuple):
    """Parameters of `SpectralRNN`; r reflections on each side."""

    w_x: Array  # [D, H]
    u: Array  # [r (2 H - r + 1) / 2], the vectors one after the other, each one entry shorter
    v: Array  # [r (2 H - r + 1) / 2]
    p: Array  # [H], of the singular values
    b: Array  # [H]


class SpectralRNN(ActivatedCell):
    """Network whose recurrent matrix has its singular values near 1.

        M = H(v_1) ... H(v_r) diag(sigma) H(u_r) ... H(u_1)
        sigma = 1 + 2 margin (sigmoid(p) - 1 / 2)
        h_t = activation(x_t w_x + h_{t-1} M + b),  y_t = h_t

    `H(v_i) = I - 2 v_i^T v_i / |v_i|^2` with `v_i` zero in its first i - 1 entries. Singular values
    lie between `1 - margin` and `1 + margin` and start at 1, where `M` is a rotation; its
    determinant is above 0. There are r = `reflections` on each side, by default a quarter of the
    units; the paper lets both sides differ in number, its code does not. `M` is made once a
    sequence.

    References:
        Zhang, Lei & Dhillon (2018), Stabilizing gradients for deep neural networks via efficient
        SVD parameterization, ICML, arXiv:1803.09327.

    Example:
        >>> from rnnjax import cells
        >>> cells.SpectralRNN(64, reflections=32)
        SpectralRNN(hidden=64, reflections=32, margin=0.01)
    """

    params_type = SpectralRNNParams

    reflections: int | None = None
    margin: float = 0.01
    activation: Activation = field(default=relu, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses more reflections than units, and singular values below zero.

        Raises:
            ValueError: if `reflections` is no whole number from 1 to `hidden`, or `margin` is not
                between 0 and 1.
        """
        super().__post_init__()
        check_reflections(self, self.reflections, self.hidden)
        if not 0 <= self.margin <= 1:
            raise ValueError(f"{self}: margin must be between 0 and 1")

    @property
    def count(self) -> int:
        """The number of reflections on each side."""
        return self.reflections or max(self.hidden // 4, 1)

    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws normal vectors; all singular values start at 1."""
        key_u, key_v = jax.random.split(key)
        draw = Householder(self.count).init
        return {
            "u": draw(key_u, self.hidden),
            "v": draw(key_v, self.hidden),
            "p": jnp.zeros(self.hidden),
        }

    def matrix(self, params: SpectralRNNParams) -> Array:
        """Returns the matrix of its singular vectors and values."""
        left, right = (
            reflections(staircase(x, self.count, self.hidden)) for x in (params.v, params.u)
        )
        sigma = 1 + 2 * self.margin * (jax.nn.sigmoid(params.p) - 0.5)
        scaled = left * jnp.broadcast_to(sigma, left.shape)
        return jnp.matmul(scaled, right.T, precision=jax.lax.Precision.HIGHEST)
