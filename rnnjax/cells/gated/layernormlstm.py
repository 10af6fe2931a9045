"""LSTM with its sums and its memory normalised."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import BlockCell
from rnnjax.cells.norms import standardize
from rnnjax.typing import Array, Key


class LayerNormLSTMParams(NamedTuple):
    """Parameters of `LayerNormLSTM`; the columns are four blocks of H: i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    gain_x: Array  # [4H]
    gain_h: Array  # [4H]
    gain_c: Array  # [H]
    shift_c: Array  # [H]


class LayerNormLSTM(BlockCell):
    """LSTM with layer normalisation, of its memory too.

        z_t = norm(x_t w_x) * gain_x + norm(h_{t-1} w_h) * gain_h + b
        i_t, f_t, o_t = sigmoid(z_t)                            in blocks i, f, o
        g_t = tanh(z_t)                                         in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(norm(c_t) * gain_c + shift_c),  y_t = h_t
        norm(z) = (z - mean(z)) / sqrt(var(z) + eps)

    A norm runs over all it is given, the four blocks together; the memory is carried as it was.
    `b` is the sum of the paper's bias and of the shifts of its first two norms, which would only
    add to it. The authors' Theano code adds the bias twice, once within the norm; TensorFlow's
    `LayerNormBasicLSTMCell` normalises each gate's sum on its own and carries the normalised
    memory. Of an input of one number, the norm leaves no more than the sign.

    As long as all inputs have been zero, as in the blank rows above a digit, memory and output are
    zero too, where the slope of a norm is `1 / sqrt(eps)`: gradients grow by up to `1 / eps` at
    each such step and overflow in single precision after eight. `eps=0.01` lasts for twenty.

    The norm of a memory mixes units, so this is a `Cell`; `compose.layer_norm(LSTM(hidden))`, with
    the first two norms alone, is a `SplitCell`.

    References:
        Ba, Kiros & Hinton (2016), Layer normalization, arXiv:1607.06450, eqs. 20-22.

    Example:
        >>> from rnnjax import cells
        >>> cells.LayerNormLSTM(64)
        LayerNormLSTM(hidden=64)
    """

    blocks = ("i", "f", "g", "o")
    params_type = LayerNormLSTMParams
    state_type = LSTMState

    eps: float = field(default=1e-5, kw_only=True)
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what makes roots of negative numbers.

        Raises:
            ValueError: if `eps` is not above 0.
        """
        super().__post_init__()
        if not self.eps > 0:
            raise ValueError(f"{self}: eps must be above 0")

    def init(self, key: Key, input_dim: int) -> LayerNormLSTMParams:
        """Draws weights block by block with the initializers; gains start at one."""
        params = super().init(key, input_dim)
        gain, gain_c = jnp.ones(4 * self.hidden), jnp.ones(self.hidden)
        return params._replace(gain_x=gain, gain_h=gain, gain_c=gain_c)

    def step(
        self, params: LayerNormLSTMParams, state: LSTMState, x_t: Array
    ) -> tuple[LSTMState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        u = self._norm(x_t @ params.w_x, params.gain_x)
        z = u + self._norm(state.h @ params.w_h, params.gain_h) + repeat(params.b, u)
        i, f, g, o = jnp.split(z, 4, axis=-1)
        gate = self.gate_activation
        c = gate(f) * state.c + gate(i) * self.activation(g)
        shown = self._norm(c, params.gain_c) + repeat(params.shift_c, c)
        h = gate(o) * self.activation(shown)
        return LSTMState(h=h, c=c), h

    def _norm(self, z: Array, gain: Array) -> Array:
        return standardize(z, self.eps) * repeat(gain, z)
