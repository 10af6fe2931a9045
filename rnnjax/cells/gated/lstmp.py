"""LSTM whose gates and outputs see a projection of its units."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.gated.lstm import memorize
from rnnjax.cells.gatedcell import BlockCell
from rnnjax.cells.initializers import gate_blocks
from rnnjax.typing import Array, Key


class LSTMPParams(NamedTuple):
    """Parameters of `LSTMP`; the columns are four blocks of H: i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [P, 4H]
    b: Array  # [4H]
    w_r: Array  # [H, P]


class LSTMPState(NamedTuple):
    """State of `LSTMP`."""

    r: Array  # [..., P]
    c: Array  # [..., H]


class LSTMP(BlockCell):
    """LSTM with a recurrent projection layer: fewer weights for a memory as wide.

        i_t, f_t, o_t = sigmoid(x_t w_x + r_{t-1} w_h + b)      in blocks i, f, o
        g_t = tanh(x_t w_x + r_{t-1} w_h + b)                   in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        r_t = (o_t * tanh(c_t)) w_r,  y_t = r_t

    `r` has `projection` units, half of `hidden` where it is None. The output is a product of the
    step's own memory, so this is a `Cell` and no `SplitCell`. It is `torch.nn.LSTM` with
    `proj_size`; the paper's cell has peepholes and a second projection that the output alone sees,
    this has neither.

    References:
        Sak, Senior & Beaufays (2014), Long short-term memory based recurrent neural network
        architectures for large vocabulary speech recognition, arXiv:1402.1128, section 2.2.

    Example:
        >>> from rnnjax import cells
        >>> cells.LSTMP(64, projection=16).output_dim
        16
    """

    blocks = ("i", "f", "g", "o")
    params_type = LSTMPParams
    state_type = LSTMPState

    projection: int | None = None  # P
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses projections of no width.

        Raises:
            ValueError: if `projection` is no count.
        """
        super().__post_init__()
        if not (self.projection is None or (type(self.projection) is int and self.projection >= 1)):
            raise ValueError(f"{self}: projection must be a whole number of 1 or more")

    @property
    def output_dim(self) -> int:
        """P."""
        return self.projection or -(-self.hidden // 2)

    def init(self, key: Key, input_dim: int) -> LSTMPParams:
        """Draws weights block by block with the initializers, `w_r` with that of the input."""
        w_r = self.input_init(jax.random.fold_in(key, 3), (self.hidden, self.output_dim))
        return super().init(key, input_dim)._replace(w_r=w_r)

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [P, 4H]`, block by block."""
        return gate_blocks(self.recurrent_init, key, self.output_dim, self.hidden, 4)

    def initial_state(self, params: LSTMPParams, batch_shape: tuple[int, ...] = ()) -> LSTMPState:
        """Zeros."""
        sizes = self.output_dim, self.hidden
        return LSTMPState(*(jnp.zeros((*batch_shape, n), params.w_h.dtype) for n in sizes))

    def step(self, params: LSTMPParams, state: LSTMPState, x_t: Array) -> tuple[LSTMPState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., P]`."""
        z = self.project(params, x_t) + state.r @ params.w_h
        m, c = memorize(self.activation, self.gate_activation, z, state.c)
        r = m @ params.w_r
        return LSTMPState(r=r, c=c), r
