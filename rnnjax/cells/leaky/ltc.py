"""The liquid time constant network: synapses that open as their sources say."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid, softplus
from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import repeat
from rnnjax.typing import Array, Key


class LTCParams(NamedTuple):
    """Parameters of `LTC`; of `w_x`, `w_h`, `g_leak` and `c_m` steps use the softplus."""

    a_x: Array  # [D]
    b_x: Array  # [D]
    w_x: Array  # [D, H]
    sigma_x: Array  # [D, H]
    mu_x: Array  # [D, H]
    e_x: Array  # [D, H]
    w_h: Array  # [H, H]
    sigma_h: Array  # [H, H]
    mu_h: Array  # [H, H]
    e_h: Array  # [H, H]
    g_leak: Array  # [H]
    v_leak: Array  # [H]
    c_m: Array  # [H]


class LTCConstants(LTCParams):
    """Parameters as steps use them: those that have to be positive are."""


class LTCState(NamedTuple):
    """State of `LTC`."""

    v: Array  # [..., H], potentials


class LTC(Cell):
    """Liquid time-constant network, in fused steps.

        o_x = w_x * sigmoid(sigma_x * (a_x * x_t + b_x - mu_x))     [D, H], of each synapse
        o_h = w_h * sigmoid(sigma_h * (v - mu_h))                   [H, H], likewise
        v <- (c_m * v + g_leak * v_leak + sum(o_x * e_x) + sum(o_h * e_h))
             / (c_m + g_leak + sum(o_x) + sum(o_h))

    `unfolds` times an input, then `v_t = v` and `y_t = v_t`. Sums are over the sources. It is an
    implicit Euler step of `c_m dv/dt = g_leak (v_leak - v) + sum(o (e - v))`, stable at any size.

    As in the authors' first code there is no time step: `c_m` is the capacitance over the time of
    one unfolding. Weights, leaks and capacitances are positive by a softplus, where the authors
    clip them after each update. A step takes `unfolds * H^2` sigmoids.

    References:
        Hasani, Lechner, Amini, Rus & Grosu (2021), Liquid time-constant networks, AAAI,
        arXiv:2006.04439.

    Example:
        >>> from rnnjax import cells
        >>> cells.LTC(32)
        LTC(hidden=32, unfolds=6)
    """

    hidden: int
    unfolds: int = 6

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> LTCParams:
        """Draws numbers within the authors' ranges."""
        keys = iter(jax.random.split(key, 9))

        def between(low: float, high: float, *shape: int) -> Array:
            return jax.random.uniform(next(keys), shape, minval=low, maxval=high)

        def synapses(sources: int) -> tuple[Array, Array, Array, Array]:
            shape = sources, self.hidden
            w = _inverse_softplus(between(0.01, 1.0, *shape))
            sigma, mu = between(3.0, 8.0, *shape), between(0.3, 0.8, *shape)
            return w, sigma, mu, jax.random.rademacher(next(keys), shape, sigma.dtype)

        return LTCParams(
            jnp.ones(input_dim),
            jnp.zeros(input_dim),
            *synapses(input_dim),
            *synapses(self.hidden),
            g_leak=_inverse_softplus(jnp.ones(self.hidden)),
            v_leak=between(-0.2, 0.2, self.hidden),
            c_m=_inverse_softplus(jnp.full(self.hidden, 0.5)),
        )

    def initial_state(self, params: LTCParams, batch_shape: tuple[int, ...] = ()) -> LTCState:
        """Zeros."""
        return LTCState(jnp.zeros((*batch_shape, self.hidden), params.c_m.dtype))

    def prepare(self, params: LTCParams) -> LTCConstants:
        """Makes positive what has to be."""
        if isinstance(params, LTCConstants):
            return params
        names = ("w_x", "w_h", "g_leak", "c_m")
        return LTCConstants(
            **params._replace(**{name: softplus(getattr(params, name)) for name in names})._asdict()
        )

    def step(self, params: LTCParams, state: LTCState, x_t: Array) -> tuple[LTCState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        p = self.prepare(params)
        x = x_t * repeat(p.a_x, x_t) + repeat(p.b_x, x_t)
        drive_x, open_x = _currents(x, p.w_x, p.sigma_x, p.mu_x, p.e_x)
        v = state.v
        drive = drive_x + repeat(p.g_leak * p.v_leak, v)
        total = open_x + repeat(p.c_m + p.g_leak, v)
        for _ in range(self.unfolds):
            drive_h, open_h = _currents(v, p.w_h, p.sigma_h, p.mu_h, p.e_h)
            v = (repeat(p.c_m, v) * v + drive + drive_h) / (total + open_h)
        return LTCState(v), v


def _currents(v: Array, w: Array, sigma: Array, mu: Array, e: Array) -> tuple[Array, Array]:
    """Returns the sums of `o e` and of `o` over sources `v [..., S]`, `[..., H]` each."""
    each = jnp.broadcast_to(v[..., None], (*v.shape, w.shape[-1]))
    opening = fast_sigmoid(repeat(sigma, each) * (each - repeat(mu, each)))
    drive = jnp.einsum("...sh,sh->...h", opening, w * e)
    return drive, jnp.einsum("...sh,sh->...h", opening, w)


def _inverse_softplus(y: Array) -> Array:
    return y + jnp.log(-jnp.expm1(-y))
