"""Twin gates, of the sum and of the difference of what input and state say."""

from dataclasses import field
from typing import NamedTuple

from rnnjax.cells.activations import Activation, fast_sigmoid, identity
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class ATRGates(NamedTuple):
    """Gates of `ATR`, `[..., H]` each."""

    i: Array
    f: Array


class ATR(GatedCell):
    """Addition-subtraction twin-gated recurrent network.

        p_t = x_t w_x + b,  q_t = h_{t-1} w_h
        i_t = sigmoid(p_t + q_t),  f_t = sigmoid(p_t - q_t)
        h_t = i_t * p_t + f_t * h_{t-1},  y_t = h_t

    What is written is `p_t` itself, so that `h` has no bound; `activation` may give it one. The
    authors' TensorFlow cell has no bias, their PyTorch cell one in `p_t` and one in `q_t`, all
    drawn with the weights from between -0.08 and 0.08; here `b` starts at zero.

    References:
        Zhang, Xiong, Su, Lin & Zhang (2018), Simplifying neural machine translation with
        addition-subtraction twin-gated recurrent networks, EMNLP, arXiv:1810.12546.

    Example:
        >>> from rnnjax import cells
        >>> cells.ATR(64)
        ATR(hidden=64)
    """

    blocks = ("p",)

    activation: Activation = field(default=identity, kw_only=True)
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        i, f = self.gates(params, state, u, v)
        h = i * self.activation(u) + f * state.h
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> ATRGates:
        """Returns the values of the gates."""
        del params, state
        return ATRGates(i=self.gate_activation(u + v), f=self.gate_activation(u - v))
