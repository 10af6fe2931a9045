"""A GRU both of whose gates are numbers."""

from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class MiRU2(GatedCell):
    """Minion recurrent unit without gates.

        n_t = tanh(x_t w_x + beta * (h_{t-1} w_h) + b)
        h_t = lam * h_{t-1} + (1 - lam) * n_t,  y_t = h_t

    Neither `lam` nor `beta` is learned. A leaky network, `LeakyElman` with a leak of `1 - lam` and
    `beta * w_h` for its matrix; `MiRU1` has a gate where `beta` is.

    References:
        Zyarah & Kudithipudi (2025), Minion gated recurrent unit for continual learning,
        arXiv:2503.06175.

    Example:
        >>> from rnnjax import cells
        >>> cells.MiRU2(64, lam=0.9)
        MiRU2(hidden=64, lam=0.9, beta=0.5)
    """

    blocks = ("n",)

    lam: float = 0.5
    beta: float = 0.5

    def __post_init__(self) -> None:
        """Refuses numbers that do not mix.

        Raises:
            ValueError: if not `0 <= lam < 1`.
        """
        super().__post_init__()
        if not 0 <= self.lam < 1:
            raise ValueError(f"{self}: lam must be 0 or more and below 1")

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Mixes."""
        del params
        h = self.lam * state.h + (1 - self.lam) * self.activation(u + self.beta * v)
        return GatedState(h), h
