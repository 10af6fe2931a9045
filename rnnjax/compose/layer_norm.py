"""Layer normalisation of what the input and the state each bring to a step."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.noise import Noised, unpack
from rnnjax.cells.norms import standardize
from rnnjax.compose.base import wrap
from rnnjax.compose.wrapper import SplitWrapper
from rnnjax.typing import Array, Key, Params, State


def layer_norm(cell: Cell, eps: float = 1e-5) -> Cell:
    """Returns `cell` with layer normalisation, or each of its parts so.

    Example:
        >>> from rnnjax.cells import GRU
        >>> layer_norm(GRU(2))
        LayerNorm(cell=GRU(hidden=2), eps=1e-05)
    """
    return wrap(cell, lambda part: LayerNorm(part, eps))  # pyright: ignore[reportArgumentType]


class LayerNormParams(NamedTuple):
    """Parameters of `LayerNorm`."""

    cell: Params
    gain_x: Array  # [G]
    gain_h: Array  # [R], as many as G where all gates see the state
    shift_h: Array  # [R]


class LayerNorm(SplitWrapper):
    """A `SplitCell` whose two products are normalised over their units at each step.

        u_t = norm(x_t w_x) * gain_x + b
        v_t = norm(h_{t-1} w_h) * gain_h + shift_h
        norm(z) = (z - mean(z)) / sqrt(var(z) + eps)

    The bias `b`, what `project` makes of zeros, is not normalised. The paper's LSTM normalises its
    memory, too, where the output gate sees it; this does not.

    Example:
        >>> from rnnjax.cells import GRU
        >>> LayerNorm(GRU(2)).init(jax.random.key(0), 3).gain_x.shape
        (6,)

    References:
        Ba, Kiros & Hinton (2016), Layer normalization, arXiv:1607.06450, eqs. 20 and 22.
    """

    params_type = LayerNormParams

    eps: float = 1e-5

    def __post_init__(self) -> None:
        """Refuses what makes roots of negative numbers.

        Raises:
            ValueError: if `eps` is not above 0.
        """
        super().__post_init__()
        if not self.eps > 0:
            raise ValueError(f"{self}: eps must be above 0")

    def init(self, key: Key, input_dim: int) -> LayerNormParams:
        """Draws the cell's parameters; gains start at one, the shift at zero."""
        params = self.cell.init(key, input_dim)
        state = self.cell.initial_state(params)
        u = unpack(jax.eval_shape(self.cell.project, params, jnp.zeros(input_dim))).x
        v = jax.eval_shape(self.cell.recur, params, state)
        gain_x, gain_h = (jnp.ones(z.shape[-1]) for z in (u, v))
        return LayerNormParams(params, gain_x, gain_h, jnp.zeros_like(gain_h))

    def project(self, params: Params, x: Any) -> Any:
        """Returns the cell's projection, normalised but for its bias."""
        zeros = jax.tree.map(lambda leaf: jnp.zeros_like(leaf, shape=leaf.shape[-1:]), unpack(x).x)
        b, gain = super().project(params, zeros), self.ready(params).gain_x

        def normalise(u: Any) -> Any:
            if isinstance(u, Noised):  # of each noisy wrapper within
                return Noised(normalise(u.x), u.noise)
            return standardize(u - repeat(b, u), self.eps) * repeat(gain, u) + repeat(b, u)

        return normalise(super().project(params, x))

    def recur(self, params: Params, state: State) -> Array:
        """Returns the cell's recurrent product, normalised."""
        v, own = super().recur(params, state), self.ready(params)
        return standardize(v, self.eps) * repeat(own.gain_h, v) + repeat(own.shift_h, v)
