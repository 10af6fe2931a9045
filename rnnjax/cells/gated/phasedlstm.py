"""LSTM whose units are open for a short part of a period."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gated.peepholelstm import peep
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key, Params


class PhasedLSTMParams(NamedTuple):
    """Parameters of `PhasedLSTM`; the columns are four blocks of H: i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    p_i: Array  # [H]
    p_f: Array  # [H]
    p_o: Array  # [H]
    tau: Array  # [H], the periods, in steps
    s: Array  # [H], the steps by which they are shifted
    r: Array  # [H], the shares of them in which a unit is open


class PhasedLSTMState(NamedTuple):
    """State of `PhasedLSTM`."""

    h: Array  # [..., H]
    c: Array  # [..., H]
    t: Array  # [..., 1], whole numbers: the steps made


class PhasedLSTMGates(NamedTuple):
    """Gates of `PhasedLSTM`, `[..., H]` each."""

    i: Array
    f: Array
    g: Array
    o: Array
    k: Array  # of time


class PhasedLSTM(GatedCell):
    """Phased LSTM: a `PeepholeLSTM` with a gate of time, open for a share `r` of a period `tau`.

        phi_t = ((t - s) mod |tau|) / |tau|
        k_t = 2 phi_t / |r|             if phi_t < |r| / 2
        k_t = 2 - 2 phi_t / |r|         else, if phi_t < |r|
        k_t = alpha phi_t               else
        c_t = k_t * c~_t + (1 - k_t) * c_{t-1}
        h_t = k_t * h~_t + (1 - k_t) * h_{t-1},  y_t = h_t

    with `c~_t` and `h~_t` what a `PeepholeLSTM` makes. The time t is the number of steps made
    before, which the state counts; steps that are masked do not count. The paper leaks `alpha` in
    training alone: run the parameters with `alpha=0.0` after it. Periods are learned, and start as
    `exp` of uniform numbers between `log_tau_min` and `log_tau_max`, so choose them by the length
    of the sequences; shifts start uniform over a period, `r` at `ratio`. The authors' code adds the
    shift where the paper subtracts it, and draws it up to 100 steps. Phases are in single precision
    at least; with periods or shifts in half precision a phase near a kink may be on its other side,
    and the gradient with it.

    References:
        Neil, Pfeiffer & Liu (2016), Phased LSTM: accelerating recurrent network training for long
        or event-based sequences, NIPS, arXiv:1610.09513.

    Example:
        >>> from rnnjax import cells
        >>> cells.PhasedLSTM(64, log_tau_max=6.0)
        PhasedLSTM(hidden=64, alpha=0.001, ratio=0.05, log_tau_min=1.0, log_tau_max=6.0)
    """

    blocks = ("i", "f", "g", "o")
    params_type = PhasedLSTMParams
    state_type = PhasedLSTMState
    plain_candidate = False  # the output is of what a step makes, not of the memory it leaves

    alpha: float = 0.001
    ratio: float = 0.05
    log_tau_min: float = 1.0
    log_tau_max: float = 3.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(2.0), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what is no share or no range.

        Raises:
            ValueError: if not `0 < ratio <= 1`, or not `log_tau_min <= log_tau_max`.
        """
        super().__post_init__()
        if not 0 < self.ratio <= 1:
            raise ValueError(f"{self}: ratio must be above 0 and at most 1")
        if not self.log_tau_min <= self.log_tau_max:
            raise ValueError(f"{self}: log_tau_min must not be above log_tau_max")

    def init(self, key: Key, input_dim: int) -> PhasedLSTMParams:
        """Draws weights, periods and shifts."""
        key, key_tau, key_s = jax.random.split(key, 3)
        low, high = self.log_tau_min, self.log_tau_max
        tau = jnp.exp(jax.random.uniform(key_tau, (self.hidden,), minval=low, maxval=high))
        s = tau * jax.random.uniform(key_s, (self.hidden,))
        own = super().init(key, input_dim)
        return own._replace(tau=tau, s=s, r=jnp.full(self.hidden, self.ratio))

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> PhasedLSTMState:
        """Zeros."""
        zeros = jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype)
        return PhasedLSTMState(zeros, zeros, jnp.zeros((*batch_shape, 1), jnp.int32))

    def combine(
        self, params: PhasedLSTMParams, state: PhasedLSTMState, u: Array, v: Array
    ) -> tuple[PhasedLSTMState, Array]:
        """Applies the gates, that of time last."""
        gates, made = peep(self.activation, self.gate_activation, params, u + v, state.c)
        k = self._openness(params, state)
        c = k * made + (1 - k) * state.c
        h = k * (gates.o * self.activation(made)) + (1 - k) * state.h
        return PhasedLSTMState(h, c, state.t + 1), h

    def gates(
        self, params: PhasedLSTMParams, state: PhasedLSTMState, u: Array, v: Array
    ) -> PhasedLSTMGates:
        """Returns the values of the gates."""
        gates, _ = peep(self.activation, self.gate_activation, params, u + v, state.c)
        return PhasedLSTMGates(*gates, self._openness(params, state))

    def _openness(self, params: PhasedLSTMParams, state: PhasedLSTMState) -> Array:
        """Returns `k_t [..., H]`."""
        wide = single_or_wider(params.tau.dtype)
        t = jnp.broadcast_to(state.t, state.h.shape).astype(wide)
        tau, s, r = (repeat(p.astype(wide), t) for p in (params.tau, params.s, params.r))
        tau, r = jnp.abs(tau), jnp.abs(r)
        phi = jnp.mod(t - s, tau) / tau
        falling = jnp.where(phi < r, 2 - 2 * phi / r, self.alpha * phi)
        return jnp.where(phi < r / 2, 2 * phi / r, falling).astype(state.h.dtype)
