"""Populations of excitatory and inhibitory neurons."""

import math
from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.gatedcell import GatedCell
from rnnjax.typing import Array, Key


class WilsonCowanParams(NamedTuple):
    """Parameters of `WilsonCowan`; the columns are two blocks of H: E, I."""

    w_x: Array  # [D, 2H]
    w_h: Array  # [2H, 2H], strengths whose signs do not count; rows are of E, I as well
    b: Array  # [2H]


class PreparedWilsonCowan(NamedTuple):
    """Parameters of `WilsonCowan` as its steps use them."""

    w_x: Array  # [D, 2H]
    w_h: Array  # [2H, 2H], rows of E at zero or above, rows of I at zero or below
    b: Array  # [2H]


class WilsonCowanState(NamedTuple):
    """State of `WilsonCowan`: the active parts of its populations."""

    E: Array  # [..., H]
    I: Array  # [..., H]


class WilsonCowan(GatedCell):
    """Wilson-Cowan network of `hidden` excitatory and as many inhibitory populations.

        tau_e dE/dt = -E + (k_e - r_e E) * S_e(|c1| E - |c2| I + P)
        tau_i dI/dt = -I + (k_i - r_i I) * S_i(|c3| E - |c4| I + Q)
        S(z) = sigmoid(gain * (z - theta)) - sigmoid(-gain * theta)
        y_t = E_t

    by Euler steps of length `dt`, both at once. `k = sigmoid(gain * theta)` is the most that `S`
    comes to; a half that is silent stays so without input, `S(0) = 0`. As many web pages have it, S
    is not shifted and there is no `r`, which is another system.

    `[P, Q]` is `x_t w_x + b`, and the strengths are `w_h = [[c1, c3], [c2, c4]]`, of which only the
    size counts. They start between nothing and twice the mean at which `c1` to `c4` add up over
    `hidden` populations. The numbers are those with which a single pair oscillates at `P = 1.25`.

    References:
        Wilson & Cowan (1972), Excitatory and inhibitory interactions in localized populations of
        model neurons, Biophysical Journal 12, eqs. 11-15.

    Example:
        >>> from rnnjax import cells
        >>> cells.WilsonCowan(64, dt=0.5).tau_e
        10.0
    """

    blocks = ("E", "I")
    plain_matrix = False
    params_type = WilsonCowanParams
    state_type = WilsonCowanState

    dt: float = 1.0
    tau_e: float = 10.0
    tau_i: float = 10.0
    c1: float = field(default=16.0, kw_only=True)
    c2: float = field(default=12.0, kw_only=True)
    c3: float = field(default=15.0, kw_only=True)
    c4: float = field(default=3.0, kw_only=True)
    gain_e: float = field(default=1.3, kw_only=True)
    gain_i: float = field(default=2.0, kw_only=True)
    theta_e: float = field(default=4.0, kw_only=True)
    theta_i: float = field(default=3.7, kw_only=True)
    r_e: float = field(default=1.0, kw_only=True)
    r_i: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses time constants that make the Euler step unstable, and negative strengths.

        Raises:
            ValueError: if `dt` is not above 0 or above a time constant, or one of `c1` to `c4` is
                below 0.
        """
        super().__post_init__()
        if not 0 < self.dt <= min(self.tau_e, self.tau_i):
            raise ValueError(f"{self}: needs 0 < dt <= tau_e and dt <= tau_i")
        for name in ("c1", "c2", "c3", "c4"):
            if getattr(self, name) < 0:
                raise ValueError(f"{self}: {name} must be 0 or more")

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [2H, 2H]`."""
        means = jnp.array([[self.c1, self.c3], [self.c2, self.c4]]) / self.hidden
        drawn = jax.random.uniform(key, (2 * self.hidden, 2 * self.hidden), maxval=2.0)
        return drawn * jnp.kron(means, jnp.ones((self.hidden, self.hidden)))

    def prepare(self, params: WilsonCowanParams | PreparedWilsonCowan) -> PreparedWilsonCowan:
        """Gives the strengths their signs, once."""
        if isinstance(params, PreparedWilsonCowan):
            return params
        excitatory, inhibitory = jnp.split(jnp.abs(params.w_h), 2)
        return PreparedWilsonCowan(params.w_x, jnp.concatenate([excitatory, -inhibitory]), params.b)

    def recur(
        self, params: WilsonCowanParams | PreparedWilsonCowan, state: WilsonCowanState
    ) -> Array:
        """Returns `[E, I] w_h`, `[..., 2H]`."""
        return jnp.concatenate(state, axis=-1) @ self.prepare(params).w_h

    def output(self, params: WilsonCowanParams, state: WilsonCowanState) -> Array:
        """Returns `E`."""
        del params
        return state.E

    def combine(
        self, params: WilsonCowanParams, state: WilsonCowanState, u: Array, v: Array
    ) -> tuple[WilsonCowanState, Array]:
        """Takes the Euler step."""
        del params
        z_e, z_i = jnp.split(u + v, 2, axis=-1)
        e, i = state
        driven_e = _driven(e, z_e, self.gain_e, self.theta_e, self.r_e)
        driven_i = _driven(i, z_i, self.gain_i, self.theta_i, self.r_i)
        e = e + (self.dt / self.tau_e) * (driven_e - e)
        i = i + (self.dt / self.tau_i) * (driven_i - i)
        return WilsonCowanState(E=e, I=i), e


def _driven(active: Array, z: Array, gain: float, theta: float, r: float) -> Array:
    """Returns `(k - r active) S(z)`: of what is free, the part that the input drives."""
    rest = 0.5 - 0.5 * math.tanh(0.5 * gain * theta)
    return (1 - rest - r * active) * (jax.nn.sigmoid(gain * (z - theta)) - rest)
