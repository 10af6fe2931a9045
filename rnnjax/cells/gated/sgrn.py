"""A gate and a candidate that share one map of the input."""

from dataclasses import field
from typing import NamedTuple

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class SGRNGates(NamedTuple):
    """The gate of `SGRN`, `[..., H]`."""

    f: Array


class SGRN(GatedCell):
    """Simple gated recurrent network.

        p_t = x_t w_x
        f_t = sigmoid(p_t + h_{t-1} w_h + b)
        h_t = tanh((1 - f_t) * p_t + f_t * h_{t-1}),  y_t = h_t

    The gate alone has a bias. Some libraries' code has it in the candidate `p_t` too, beside an
    equation that has not. A gate that keeps does not hold `h` still: `h_t = tanh(h_{t-1})` then.

    References:
        Zu & Wei (2020), A simple gated recurrent network for detection of power quality
        disturbances, IET Generation, Transmission & Distribution 15, doi:10.1049/gtd2.12056.

    Example:
        >>> from rnnjax import cells
        >>> cells.SGRN(64)
        SGRN(hidden=64)
    """

    blocks = ("f",)

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def project(self, params: GatedParams, x: Array) -> Array:
        """Returns `x w_x`, `[..., H]`."""
        return x @ params.w_x

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gate."""
        (f,) = self.gates(params, state, u, v)
        h = self.activation((1 - f) * u + f * state.h)
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> SGRNGates:
        """Returns the values of the gate."""
        del state
        return SGRNGates(f=self.gate_activation(u + v + repeat(params.b, u)))
