"""A linear and a nonlinear part, whose matrices are bounded in what they can grow."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.cells.initializers import Initializer, NormalBySize
from rnnjax.typing import Array


class LipschitzRNNParams(GatedParams):
    """Parameters of `LipschitzRNN`: `w_x [D, H]`, `w_h [H, 2H]`, `b [H]`; blocks of `w_h` a, h."""


class LipschitzMaps(GatedParams):
    """Parameters as steps use them: for `w_h` there are the two matrices made of it."""


class LipschitzRNN(GatedCell):
    """Lipschitz network, one Euler step of length `epsilon` a time step.

        s(w) = beta * (w - w^T) + (1 - beta) * (w + w^T) - gamma I      of each block of w_h
        h_t = h_{t-1} + epsilon * (h_{t-1} s(w_h) + tanh(x_t w_x + h_{t-1} s(w_h) + b))
                                   in block a                            in block h
        y_t = h_t

    At `beta` 1 both matrices are antisymmetric but for the diffusion `gamma`, at 0 symmetric. The
    linear part stands outside of tanh: states stay bounded where its symmetric part has negative
    eigenvalues, `(1 - beta) (w + w^T)` below `gamma`. The paper has a `beta` and a `gamma` for
    each matrix, the authors' code, as here, one for both.

    References:
        Erichson, Azencot, Queiruga, Hodgkinson & Mahoney (2021), Lipschitz recurrent neural
        networks, ICLR, arXiv:2006.12070.

    Example:
        >>> from rnnjax import cells
        >>> cells.LipschitzRNN(128, epsilon=0.1)
        LipschitzRNN(hidden=128, epsilon=0.1, beta=0.8, gamma=0.01)
    """

    blocks = ("h",)
    recurrent_blocks = ("a", "h")
    plain_matrix = False
    params_type = LipschitzRNNParams

    epsilon: float = 0.01
    beta: float = 0.8
    gamma: float = 0.01
    recurrent_init: Initializer = field(default=NormalBySize(1.0), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses steps back in time, mixtures that are none and negative diffusion.

        Raises:
            ValueError: if not `0 < epsilon`, `0 <= beta <= 1` and `0 <= gamma`.
        """
        super().__post_init__()
        if not self.epsilon > 0:
            raise ValueError(f"{self}: epsilon must be above 0")
        if not 0 <= self.beta <= 1:
            raise ValueError(f"{self}: beta must be between 0 and 1")
        if not self.gamma >= 0:
            raise ValueError(f"{self}: gamma must be 0 or more")

    def prepare(self, params: GatedParams) -> LipschitzMaps:
        """Makes the two matrices."""
        if isinstance(params, LipschitzMaps):
            return params
        shift = self.gamma * jnp.eye(self.hidden, dtype=params.w_h.dtype)

        def mixed(w: Array) -> Array:
            return self.beta * (w - w.T) + (1 - self.beta) * (w + w.T) - shift

        w_h = jnp.concatenate([mixed(w) for w in jnp.split(params.w_h, 2, axis=-1)], axis=-1)
        return LipschitzMaps(params.w_x, w_h, params.b)

    def recur(self, params: GatedParams, state: GatedState) -> Array:
        """Returns the two products, `[..., 2H]`."""
        return super().recur(self.prepare(params), state)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Takes the Euler step."""
        del params
        v_a, v_h = v[..., : self.hidden], v[..., self.hidden :]
        h = state.h + self.epsilon * (v_a + self.activation(u + v_h))
        return GatedState(h), h
