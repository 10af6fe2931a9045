"""Matrices by their real Schur form: eigenvalues near the circle, and not normal."""

from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells.orthogonal.mappedcell import MappedCell
from rnnjax.cells.orthogonal.parametrizations import Exponential
from rnnjax.typing import Array, Key


class NNRNNParams(NamedTuple):
    """Parameters of `NNRNN`; `P = (H + 1) // 2` blocks, of H odd the last of one unit."""

    w_x: Array  # [D, H]
    a: Array  # [H (H - 1) / 2], the triangle of which the orthogonal matrix P is the exponential
    alpha: Array  # [P], sizes of the eigenvalues
    theta: Array  # [H // 2], their phases
    t: Array  # [N], what is above the blocks, row by row
    b: Array  # [H]


class NNRNN(MappedCell):
    """Non-normal network, in real Schur form.

        P = exp(skew(a))
        Lambda = diag(alpha_k [[cos(theta_k), -sin(theta_k)], [sin(theta_k), cos(theta_k)]])
        V = P (Lambda + T) P^T
        h_t = mod_relu(x_t w_x + h_{t-1} V, b),  y_t = h_t
        mod_relu(z, b) = sign(z) relu(|z| + b)

    `T` is what lies above the 2 x 2 blocks of `Lambda`, so that the eigenvalues of `V` are
    `alpha e^{+- i theta}` whatever `T` is, as the paper says. In the authors' code `T` reaches into
    the blocks and changes the eigenvalues; and it takes an even number of units, of which here an
    odd one is left with the eigenvalue `alpha`. `alpha` starts at 1 and `T` at zero, where `V` is a
    rotation. The paper adds to the loss `delta sum (alpha - 1)^2` and some decay of `t`, which is a
    matter of training. Eigenvalues of size 1 do not bound powers of `V`. `V` is made once a
    sequence.

    References:
        Kerg et al. (2019), Non-normal recurrent neural network (nnRNN): learning long time
        dependencies while improving expressivity with transient dynamics, NeurIPS,
        arXiv:1905.12080.

    Example:
        >>> from rnnjax import cells
        >>> cells.NNRNN(64)
        NNRNN(hidden=64)
    """

    params_type = NNRNNParams
    bias_range: ClassVar[float] = 0.01

    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws phases evenly, and `P` as `ExpRNN` does its matrix."""
        key_a, key_theta = jax.random.split(key)
        H = self.hidden
        return {
            "a": Exponential().init(key_a, H),
            "alpha": jnp.ones((H + 1) // 2),
            "theta": jax.random.uniform(key_theta, (H // 2,), maxval=2 * jnp.pi),
            "t": jnp.zeros(len(_above_blocks(H)[0])),
        }

    def matrix(self, params: NNRNNParams) -> Array:
        """Returns `P (Lambda + T) P^T`."""
        H, alpha = self.hidden, params.alpha
        re, im = alpha[: H // 2] * jnp.cos(params.theta), alpha[: H // 2] * jnp.sin(params.theta)
        i = np.arange(0, H - 1, 2)
        schur = jnp.zeros((H, H), alpha.dtype).at[_above_blocks(H)].set(params.t)
        schur = schur.at[i, i].set(re).at[i + 1, i + 1].set(re)
        schur = schur.at[i, i + 1].set(-im).at[i + 1, i].set(im)
        schur = schur.at[-1, -1].set(alpha[-1]) if H % 2 else schur
        P = Exponential()(params.a, H)
        exact = jax.lax.Precision.HIGHEST
        return jnp.matmul(jnp.matmul(P, schur, precision=exact), P.T, precision=exact)


def _above_blocks(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns rows and columns of the entries above the 2 x 2 blocks."""
    rows, columns = np.triu_indices(n, 1)
    above = rows // 2 != columns // 2
    return rows[above], columns[above]
