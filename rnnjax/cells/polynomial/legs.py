"""A memory of all the past, in polynomials over all of it."""

from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.base import AssociativeCell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.polynomial.legendre import basis, nodes
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key


class LegSParams(NamedTuple):
    """Parameters of `LegS`; N is `order`."""

    w_c: Array  # [D * N, H]
    b: Array  # [H]


class LegSState(NamedTuple):
    """State of `LegS`; a step, or several in a row, is of the same kind."""

    t: Array  # [..., 1], the number of steps
    c: Array  # [..., D, N]


class LegS(AssociativeCell):
    """HiPPO-LegS: each input's whole past as coefficients of Legendre polynomials, scaled to it.

        c_t[n] = sqrt(2 n + 1) / t * integral from 0 to t of x(s) P_n(2 s / t - 1) ds
        y_t = c_t w_c + b

    with `x(s)` held over each step; so `x(s)` is about the sum of `c[n] sqrt(2 n + 1) P_n(2 s / t -
    1)`, and `c[0]` the mean. It solves `dc/dt = (a c + b x) / t` exactly, as the authors' code does
    by its option zoh; by default that takes bilinear steps. Nothing is forgotten and there is no
    time scale. In the paper's network `x` is a map of the input and of a gated state that reads
    `c`; this is its memory, with a readout.

    Two stretches of time are one by moving their polynomials to the whole, which is exact, so steps
    compose although each has another length as a part of the past. That costs `D * N^2` operations.

    References:
        Gu, Dao, Ermon, Rudra & Ré (2020), HiPPO: recurrent memory with optimal polynomial
        projections, NeurIPS, arXiv:2008.07669, theorem 2.

    Example:
        >>> from rnnjax import cells
        >>> cells.LegS(64, order=16)
        LegS(hidden=64, order=16)
    """

    hidden: int
    order: int = 64

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> LegSParams:
        """Draws Glorot weights; no bias."""
        return LegSParams(
            w_c=Glorot()(key, (input_dim * self.order, self.hidden)), b=jnp.zeros(self.hidden)
        )

    def initial_state(self, params: LegSParams, batch_shape: tuple[int, ...] = ()) -> LegSState:
        """No time and zeros; of single precision where the parameters are of less."""
        inputs, wide = params.w_c.shape[0] // self.order, _wide(params)
        return LegSState(
            t=jnp.zeros((*batch_shape, 1), wide),
            c=jnp.zeros((*batch_shape, inputs, self.order), wide),
        )

    def element(self, params: LegSParams, x: Array) -> LegSState:
        """Returns a step of length 1 and what is constant in it."""
        c = x.astype(_wide(params))[..., None]
        rest = jnp.zeros((*c.shape[:-1], self.order - 1), c.dtype)
        return LegSState(jnp.ones_like(c[..., :1, 0]), jnp.concatenate([c, rest], axis=-1))

    def compose(self, earlier: LegSState, later: LegSState) -> LegSState:
        """Returns two stretches of time as one."""
        t = earlier.t + later.t
        seam = earlier.t / t
        c = self._moved(earlier.c, jnp.zeros_like(seam), seam)
        return LegSState(t, c + self._moved(later.c, seam, jnp.ones_like(seam)))

    def apply(self, element: LegSState, state: LegSState) -> LegSState:
        """Returns the past with a stretch of time added."""
        return self.compose(state, element)

    def readout(self, params: LegSParams, state: LegSState, x: Array) -> Array:
        """Returns `c w_c + b`, `[..., H]`."""
        del x
        return self.output(params, state)

    def output(self, params: LegSParams, state: LegSState) -> Array:
        """Returns `c w_c + b`, `[..., H]`."""
        c = state.c.reshape(*state.c.shape[:-2], params.w_c.shape[0])
        return affine(c.astype(params.w_c.dtype), params.w_c, params.b)

    def _moved(self, c: Array, start: Array, stop: Array) -> Array:
        """Returns coefficients on [0, 1] of what those on [start, stop] are; nothing elsewhere."""
        places, weights = (jnp.asarray(x, c.dtype) for x in nodes(self.order))
        values = c @ (basis(self.order, places) * weights[None])  # at the nodes, weighted
        length = stop - start
        places = start + length * jnp.broadcast_to(places, (*start.shape[:-1], self.order))
        moved = jnp.einsum("...dq,n...q->...dn", values, basis(self.order, places))
        return length[..., None] * moved


def _wide(params: LegSParams) -> jnp.dtype:
    return single_or_wider(params.w_c.dtype)
