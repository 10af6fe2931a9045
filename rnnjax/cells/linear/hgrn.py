"""The hierarchically gated recurrent network: complex units whose decay has a lower bound."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, silu
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import affine, complex_dtype, repeat
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.linear.statespace import complex_of
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key


class HGRNParams(NamedTuple):
    """Parameters of `HGRN`; columns of `w_c` and `w_g` are two blocks of H: real, imaginary."""

    w_c: Array  # [D, 2H]
    b_c: Array  # [2H]
    w_l: Array  # [D, H]
    b_l: Array  # [H]
    theta: Array  # [H], radians a step
    w_g: Array  # [D, 2H]
    b_g: Array  # [2H]
    w_o: Array  # [2H, H]
    b_o: Array  # [H]


class HGRN(LinearCell):
    """Hierarchically gated recurrent network.

        c_t = activation(x_t w_c + b_c)         two blocks, the parts of a complex number
        f_t = bound + (1 - bound) * sigmoid(x_t w_l + b_l)
        h_t = f_t * exp(1j * theta) * h_{t-1} + (1 - f_t) * c_t
        y_t = ([real(h_t), imag(h_t)] * activation(x_t w_g + b_g)) w_o + b_o

    The lower bound of the decay rises from 0 in the first layer to almost 1 in the last; the paper
    learns those of all layers together, here each cell has its own as a constant. The norm before
    the output gate is left to the layer. The authors' code has the parts of a number side by side
    in `w_c`, here they are in blocks.

    References:
        Qin, Yang & Zhong (2023), Hierarchically gated recurrent neural network for sequence
        modeling, NeurIPS, arXiv:2311.04823, section 3.

    Example:
        >>> from rnnjax import cells
        >>> cells.HGRN(64, 0.5)
        HGRN(hidden=64, bound=0.5)
    """

    hidden: int
    bound: float = 0.0
    activation: Activation = field(default=silu, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses bounds that no decay can have.

        Raises:
            ValueError: if not `0 <= bound < 1`.
        """
        super().__post_init__()
        if not 0 <= self.bound < 1:
            raise ValueError(f"{self}: bound must be in [0, 1)")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> HGRNParams:
        """Draws Glorot weights; no bias. Phases start as `10000 ** (-2 j / H)`."""
        keys = jax.random.split(key, 4)
        draw, hidden = Glorot(), self.hidden
        return HGRNParams(
            w_c=draw(keys[0], (input_dim, 2 * hidden)),
            b_c=jnp.zeros(2 * hidden),
            w_l=draw(keys[1], (input_dim, hidden)),
            b_l=jnp.zeros(hidden),
            theta=10000.0 ** (-2 * jnp.arange(hidden) / hidden),
            w_g=draw(keys[2], (input_dim, 2 * hidden)),
            b_g=jnp.zeros(2 * hidden),
            w_o=draw(keys[3], (2 * hidden, hidden)),
            b_o=jnp.zeros(hidden),
        )

    def initial_state(self, params: HGRNParams, batch_shape: tuple[int, ...] = ()) -> LinearState:
        """Zeros, complex; of single precision where the parameters are of less."""
        dtype = complex_dtype(params.theta.dtype)
        return LinearState(jnp.zeros((*batch_shape, self.hidden), dtype))

    def coefficients(self, params: HGRNParams, x: Array) -> tuple[Array, Array]:
        """Returns `f * exp(1j * theta)` and `(1 - f) * c`, complex `[..., H]`."""
        c_re, c_im = jnp.split(self.activation(affine(x, params.w_c, params.b_c)), 2, axis=-1)
        gate = affine(x, params.w_l, params.b_l)
        gate = gate.astype(single_or_wider(gate.dtype))
        f = self.bound + (1 - self.bound) * fast_sigmoid(gate)
        theta = repeat(params.theta.astype(f.dtype), f)
        c = complex_of(c_re, c_im)
        decay = jax.lax.complex(f * jnp.cos(theta), f * jnp.sin(theta))
        return decay, (1 - f).astype(c.dtype) * c

    def readout(self, params: HGRNParams, h: Array, x: Array) -> Array:
        """Returns `([real(h), imag(h)] * activation(x w_g + b_g)) w_o + b_o`, `[..., H]`."""
        gate = self.activation(affine(x, params.w_g, params.b_g))
        parts = jnp.concatenate([h.real, h.imag], axis=-1).astype(gate.dtype)
        return affine(parts * gate, params.w_o, params.b_o)
