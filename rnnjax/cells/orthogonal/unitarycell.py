"""What complex cells with a unitary matrix share: real arrays, and the matrix made once."""

import abc
from dataclasses import field
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import SplitCell
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.initializers import Glorot, Initializer, Uniform
from rnnjax.cells.orthogonal.mappedcell import MappedParams, widened
from rnnjax.cells.orthogonal.modrelu import complex_mod_relu
from rnnjax.typing import Array, Key, Params


class UnitaryState(NamedTuple):
    """State of a complex cell, real and imaginary parts."""

    re: Array  # [..., H]
    im: Array  # [..., H]


class UnitaryCell(SplitCell, abc.ABC):
    """A network of H complex units whose recurrent matrix is unitary, a map of other parameters.

        z_t = x_t w_x + h_{t-1} W,  h_t = z_t / |z_t| relu(|z_t| + b),  y_t = [re(h_t), im(h_t)]

    All arrays are real: `w_x [D, 2H]` has real parts first and imaginary ones after them, and the
    product with `W` is one with `[[re(W), im(W)], [-im(W), re(W)]]`.

    `params_type` has `w_x`, `b` and what `init_map` draws; `matrix` makes of them `W`.
    """

    params_type: ClassVar[type]
    bias_range: ClassVar[float] = 0.0  # biases start between minus and plus that

    hidden: int
    input_init: Initializer = field(default=Glorot(), kw_only=True)

    @property
    def output_dim(self) -> int:
        """2H, real and imaginary parts."""
        return 2 * self.hidden

    @abc.abstractmethod
    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws what the matrix is made of, by its names in `params_type`."""

    @abc.abstractmethod
    def matrix(self, params: Any) -> Array:
        """Returns `W [H, H]`, complex, of parameters in single precision at least."""

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws weights, and what the recurrent matrix is made of."""
        key_x, key_h, key_b = jax.random.split(key, 3)
        return self.params_type(
            w_x=self.input_init(key_x, (input_dim, 2 * self.hidden)),
            b=Uniform(self.bias_range)(key_b, (1, self.hidden))[0],
            **self.init_map(key_h),
        )

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> UnitaryState:
        """Zeros."""
        zeros = jnp.zeros((*batch_shape, self.hidden), params.b.dtype)
        return UnitaryState(zeros, zeros)

    def prepare(self, params: Any) -> MappedParams:
        """Makes the recurrent matrix, real `[2H, 2H]`."""
        if isinstance(params, MappedParams):
            return params
        W = self.matrix(widened(params))
        w_h = jnp.block([[W.real, W.imag], [-W.imag, W.real]]).astype(params.b.dtype)
        return MappedParams(params.w_x, w_h, params.b)

    def output(self, params: Params, state: UnitaryState) -> Array:
        """Returns real and imaginary parts, `[..., 2H]`."""
        del params
        return jnp.concatenate(state, axis=-1)

    def project(self, params: Params, x: Any) -> Array:
        """Returns `x w_x`, `[..., 2H]`."""
        return x @ params.w_x

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
