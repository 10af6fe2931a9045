"""The plain network as an ordinary differential equation that neither grows nor fades."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.cells.initializers import Initializer, LecunNormal
from rnnjax.typing import Array


class AntisymmetricRNNParams(GatedParams):
    """Parameters of `AntisymmetricRNN`: `w_x [D, H]`, `w_h [H, H]`, `b [H]`."""


class AntisymmetricParams(GatedParams):
    """Parameters as steps use them: for `w_h` there is `w_h - w_h^T - gamma I`."""


class AntisymmetricRNN(GatedCell):
    """Antisymmetric network, one Euler step of length `epsilon` a time step.

        m = w_h - w_h^T - gamma I
        h_t = h_{t-1} + epsilon * tanh(x_t w_x + h_{t-1} m + b),  y_t = h_t

    The eigenvalues of `m` are `-gamma + 1j * w`, so that the differential equation keeps what it
    holds. The Euler step does so where `epsilon <= 2 * gamma / (gamma ** 2 + w ** 2)`, and grows
    for any `epsilon` without the diffusion `gamma`: gradients then overflow within some thousand
    steps. Of `w_h` only the antisymmetric part counts.

    References:
        Chang, Chen, Haber & Chi (2019), AntisymmetricRNN: a dynamical system view on recurrent
        neural networks, ICLR, arXiv:1902.09689.

    Example:
        >>> from rnnjax import cells
        >>> cells.AntisymmetricRNN(128, epsilon=0.1)
        AntisymmetricRNN(hidden=128, epsilon=0.1, gamma=0.01)
    """

    blocks = ("h",)
    plain_matrix = False
    params_type = AntisymmetricRNNParams

    epsilon: float = 0.01
    gamma: float = 0.01
    input_init: Initializer = field(default=LecunNormal(), kw_only=True)
    recurrent_init: Initializer = field(default=LecunNormal(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses steps back in time and negative diffusion.

        Raises:
            ValueError: if not `0 < epsilon` or not `0 <= gamma`.
        """
        super().__post_init__()
        if not self.epsilon > 0:
            raise ValueError(f"{self}: epsilon must be above 0")
        if not self.gamma >= 0:
            raise ValueError(f"{self}: gamma must be 0 or more")

    def prepare(self, params: GatedParams) -> AntisymmetricParams:
        """Makes `m`."""
        if isinstance(params, AntisymmetricParams):
            return params
        w = params.w_h
        m = w - w.T - self.gamma * jnp.eye(self.hidden, dtype=w.dtype)
        return AntisymmetricParams(params.w_x, m, params.b)

    def recur(self, params: GatedParams, state: GatedState) -> Array:
        """Returns `h m`, `[..., H]`."""
        return super().recur(self.prepare(params), state)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Takes the Euler step."""
        del params
        h = state.h + self.epsilon * self.activation(u + v)
        return GatedState(h), h
