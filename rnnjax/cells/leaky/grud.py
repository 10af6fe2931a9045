"""The gated recurrent unit for series with gaps."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, relu
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.gatedcell import BlockCell
from rnnjax.cells.initializers import Glorot, gate_blocks
from rnnjax.cells.leaky.timed import Observed
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key


class GRUDParams(NamedTuple):
    """Parameters of `GRUD`; blocks r, i, n."""

    w_x: Array  # [D, 3H]
    w_h: Array  # [H, 3H]
    b: Array  # [3H]
    w_m: Array  # [D, 3H]
    w_dx: Array  # [D]
    b_dx: Array  # [D]
    w_dh: Array  # [D, H]
    b_dh: Array  # [H]
    mean: Array  # [D]


class GRUDState(NamedTuple):
    """State of `GRUD`."""

    h: Array  # [..., H]
    x: Array  # [..., D], what was last seen
    gap: Array  # [..., D], for how long each feature had not been seen


class GRUD(BlockCell):
    """GRU with decay, for inputs some of whose features are missing, at any times.

        d_t = elapsed_t + gap_{t-1}                             since each feature was seen
        x'_t = decay_x * x_last + (1 - decay_x) * mean          where the mask m_t is 0
        x'_t = x_t                                              where it is 1
        h' = decay_h * h_{t-1}
        r_t, i_t = sigmoid(x'_t w_x + h' w_h + m_t w_m + b)     in blocks r, i
        n_t = tanh(x'_t w_x + (r_t * h') w_h + m_t w_m + b)     in block n
        h_t = (1 - i_t) * h' + i_t * n_t,  y_t = h_t
        decay_x = exp(-relu(d_t * w_dx + b_dx)),  decay_h = exp(-relu(d_t w_dh + b_dh))

    An input is an array in which NaN is what is missing, and then `elapsed` is 1, or an `Observed`
    of an array, a mask and the time since the input before, which the paper has at 0 for the first.
    `mean` is what a feature is taken for after a long gap, zero at first, for standardised inputs;
    it is a number of the data and not to be trained. The paper's z is i here, as it writes.

    Decays start slow and not at none, as the authors', where they would have no gradient: that is
    the house's. The other weights start as theirs, Keras' Glorot, orthogonal and zero, but block by
    block. Their code differs from the paper, which this follows: it has no decay in
    `(1 - i_t) * h_{t-1}`, a mean of zero, `1 - m_t` for `m_t`, a z that keeps, and other
    activations.

    References:
        Che, Purushotham, Cho, Sontag & Liu (2018), Recurrent neural networks for multivariate time
        series with missing values, Scientific Reports 8, arXiv:1606.01865.

    Example:
        >>> from rnnjax import cells
        >>> cells.GRUD(64)
        GRUD(hidden=64)
    """

    blocks = ("r", "i", "n")
    params_type = GRUDParams

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def init(self, key: Key, input_dim: int) -> GRUDParams:
        """Draws weights with the initializers, and decays of up to a tenth a unit of time."""
        # nn_utils/grud_layers.py of github.com/PeterChe1990/GRU-D, but for the decays.
        key_m, key_dx, key_dh = jax.random.split(jax.random.fold_in(key, 3), 3)
        return GRUDParams(
            w_x=gate_blocks(self.input_init, key, input_dim, self.hidden, 3),
            w_h=self.init_recurrent(jax.random.fold_in(key, 4)),
            b=self.bias_init(jax.random.fold_in(key, 5), self.blocks, self.hidden),
            w_m=gate_blocks(Glorot(), key_m, input_dim, self.hidden, 3),
            w_dx=0.1 * jax.random.uniform(key_dx, (input_dim,)),
            b_dx=jnp.zeros(input_dim),
            w_dh=0.1 / input_dim * jax.random.uniform(key_dh, (input_dim, self.hidden)),
            b_dh=jnp.zeros(self.hidden),
            mean=jnp.zeros(input_dim),
        )

    def initial_state(self, params: GRUDParams, batch_shape: tuple[int, ...] = ()) -> GRUDState:
        """Zeros, and the means as what was seen; gaps of single precision at least."""
        dtype = params.w_h.dtype
        seen = (*batch_shape, params.mean.shape[-1])
        return GRUDState(
            h=jnp.zeros((*batch_shape, self.hidden), dtype),
            x=jnp.broadcast_to(params.mean, seen),
            gap=jnp.zeros(seen, single_or_wider(dtype)),
        )

    def step(
        self, params: GRUDParams, state: GRUDState, x_t: Array | Observed
    ) -> tuple[GRUDState, Array]:
        """Runs one step: `x_t [..., D]`, or `Observed`, to the next state and `y_t [..., H]`."""
        if isinstance(x_t, Observed):
            x, m = x_t.x, x_t.mask.astype(bool)
            gap = state.gap + x_t.elapsed.astype(state.gap.dtype)
        else:
            x, m, gap = x_t, x_t == x_t, state.gap + 1  # NaN is not what it is, numbers are
        dtype = state.h.dtype
        last = jnp.where(m, x, state.x).astype(dtype)
        d = gap.astype(dtype)
        decay_x = jnp.exp(-relu(d * repeat(params.w_dx, d) + repeat(params.b_dx, d)))
        decay_h = jnp.exp(-relu(affine(d, params.w_dh, params.b_dh)))
        mean = repeat(params.mean, last)
        x = jnp.where(m, last, mean + decay_x * (last - mean))

        h = decay_h * state.h
        w_ri, w_n = jnp.split(params.w_h, [2 * self.hidden], axis=-1)
        u_ri, u_n = jnp.split(
            self.project(params, x) + m.astype(dtype) @ params.w_m, [2 * self.hidden], axis=-1
        )
        r, i = jnp.split(self.gate_activation(u_ri + h @ w_ri), 2, axis=-1)
        n = self.activation(u_n + (r * h) @ w_n)
        h = (1 - i) * h + i * n
        return GRUDState(h, last, jnp.where(m, 0, gap)), h
