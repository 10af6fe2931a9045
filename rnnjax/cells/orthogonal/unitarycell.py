"""What complex cells with a unitary matrix share: real arrays, and the matrix made once."""

from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.broadcast import repeat
from rnnjax.cells.orthogonal.mappedcell import MappedCell
from rnnjax.cells.orthogonal.modrelu import complex_mod_relu
from rnnjax.typing import Array, Params


class UnitaryState(NamedTuple):
    """State of a complex cell, real and imaginary parts."""

    re: Array  # [..., H]
    im: Array  # [..., H]


class UnitaryCell(MappedCell):
    """A network of H complex units whose recurrent matrix is unitary, a map of other parameters.

        z_t = x_t w_x + h_{t-1} W,  h_t = z_t / |z_t| relu(|z_t| + b),  y_t = [re(h_t), im(h_t)]

    All arrays are real: `w_x [D, 2H]` has real parts first and imaginary ones after them, and the
    product with `W` is one with `[[re(W), im(W)], [-im(W), re(W)]]`.

    `matrix` makes `W [H, H]`, complex, of what `init_map` draws.
    """

    @property
    def output_dim(self) -> int:
        """2H, real and imaginary parts."""
        return 2 * self.hidden

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> UnitaryState:
        """Zeros."""
        zeros = jnp.zeros((*batch_shape, self.hidden), params.b.dtype)
        return UnitaryState(zeros, zeros)

    def as_real(self, matrix: Array) -> Array:
        """Returns `W [H, H]` as a real matrix `[2H, 2H]`."""
        return jnp.block([[matrix.real, matrix.imag], [-matrix.imag, matrix.real]])

    def output(self, params: Params, state: UnitaryState) -> Array:
        """Returns real and imaginary parts, `[..., 2H]`."""
        del params
        return jnp.concatenate(state, axis=-1)

    def recur(self, params: Params, state: UnitaryState) -> Array:
        """Returns `h W`, `[..., 2H]`."""
        return jnp.concatenate(state, axis=-1) @ self.prepare(params).w_h

    def combine(
        self, params: Params, state: UnitaryState, u: Array, v: Array
    ) -> tuple[UnitaryState, Array]:
        """Shortens each number and keeps its phase."""
        del state
        re, im = jnp.split(u + v, 2, axis=-1)
        state = UnitaryState(*complex_mod_relu(re, im, repeat(params.b, re)))
        return state, self.output(params, state)
