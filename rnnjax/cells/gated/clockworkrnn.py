"""The plain network in modules that run at periods of their own."""

import itertools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array, Key, Params


class ClockworkRNNState(NamedTuple):
    """State of `ClockworkRNN`."""

    h: Array  # [..., H]
    t: Array  # [..., 1], whole numbers: the steps made


class ClockworkRNN(GatedCell):
    """Clockwork RNN: modules of units, each of which steps at multiples of its period alone.

        n_t = activation(x_t w_x + h_{t-1} w_h + b)
        h_t = n_t       of the units whose period divides t, the number of steps made before
        h_t = h_{t-1}   of the others;  y_t = h_t

    Of `w_h` what would bring a faster module's state to a slower one is held at zero: a unit sees
    those of its own period and of longer ones. Units are divided among the periods as evenly as can
    be, the fastest first. The first step is step 0, at which all run; a state with another `t`
    starts elsewhere, `t = 1` where code counts from one. Steps that are masked do not count.

    References:
        Koutník, Greff, Gomez & Schmidhuber (2014), A clockwork RNN, ICML, arXiv:1402.3511.

    Example:
        >>> from rnnjax import cells
        >>> cells.ClockworkRNN(64, periods=(1, 4, 16))
        ClockworkRNN(hidden=64, periods=(1, 4, 16))
    """

    blocks = ("h",)
    state_type = ClockworkRNNState

    periods: tuple[int, ...] = (1, 2, 4, 8)

    def __post_init__(self) -> None:
        """Refuses what are no periods.

        Raises:
            ValueError: if they are not whole numbers of 1 or more, each above the one before.
        """
        super().__post_init__()
        periods = self.periods
        whole = isinstance(periods, tuple) and all(type(p) is int and p >= 1 for p in periods)
        if not (whole and periods and all(a < b for a, b in itertools.pairwise(periods))):
            raise ValueError(
                f"{self}: periods must be a tuple of whole numbers of 1 or more, in rising order"
            )

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [H, H]`, zero where it is held at zero."""
        w_h = super().init_recurrent(key)
        return w_h * jnp.asarray(self._allowed(), w_h.dtype)

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> ClockworkRNNState:
        """Zeros."""
        h = jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype)
        return ClockworkRNNState(h, jnp.zeros((*batch_shape, 1), jnp.int32))

    def recur(self, params: GatedParams, state: ClockworkRNNState) -> Array:
        """Returns `h w_h`, `[..., H]`, `w_h` zero where it is held at zero."""
        return state.h @ (params.w_h * jnp.asarray(self._allowed(), params.w_h.dtype))

    def combine(
        self, params: GatedParams, state: ClockworkRNNState, u: Array, v: Array
    ) -> tuple[ClockworkRNNState, Array]:
        """Steps with the units whose turn it is."""
        del params
        t = jnp.broadcast_to(state.t, state.h.shape)
        runs = t % repeat(jnp.asarray(self._unit_periods()), t) == 0
        h = jnp.where(runs, self.activation(u + v), state.h)
        return ClockworkRNNState(h, state.t + 1), h

    def _unit_periods(self) -> np.ndarray:
        """Returns the period of each unit, `[H]`."""
        modules = np.arange(self.hidden) * len(self.periods) // self.hidden
        return np.asarray(self.periods, np.int32)[modules]

    def _allowed(self) -> np.ndarray:
        """Returns which entries of `w_h` are free, boolean `[H, H]`, from rows to columns."""
        periods = self._unit_periods()
        return periods[:, None] >= periods[None, :]
