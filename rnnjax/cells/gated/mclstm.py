"""An LSTM that neither makes nor loses what flows through it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, relu
from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Orthogonal
from rnnjax.typing import Array, Key


class MCLSTMParams(NamedTuple):
    """Parameters of `MCLSTM` for M masses and A other inputs; `F = A + H`."""

    w_i: Array  # [F, M * H]
    b_i: Array  # [M * H]
    w_r: Array  # [F, H * H]
    b_r: Array  # [H * H]
    w_o: Array  # [F, H]
    b_o: Array  # [H]


class MCLSTMState(NamedTuple):
    """State of `MCLSTM`."""

    c: Array  # [..., H], the mass in each store


class MCLSTM(Cell):
    """Mass-conserving LSTM.

        x_t = [m_t, a_t]                                the first `mass_inputs` features are mass
        q_t = [a_t, c_{t-1} / sum(c_{t-1})]             c_{t-1} itself where the sum is 0
        i_t = softmax(q_t w_i + b_i)                    [M, H], each row adds up to 1
        r_t = softmax(q_t w_r + b_r)                    [H, H], each row adds up to 1
        o_t = sigmoid(q_t w_o + b_o)
        s_t = c_{t-1} r_t + m_t i_t
        y_t = o_t * s_t,  c_t = (1 - o_t) * s_t

    What is in the stores `c` and what has left them as outputs add up to what came in. Mass is to
    be zero or more; `mass_activation` sees to that, and with `cells.identity` it is the caller's
    duty. Its matrix `r_t` depends on the state, so this is a plain `Cell`. The paper writes columns
    where here are rows. `b_r` starts at the identity, `b_o` at `output_bias`, the matrices
    orthogonal; the authors' class does not do so unless its `reset_parameters` is called.

    References:
        Hoedt et al. (2021), MC-LSTM: mass-conserving LSTM, ICML, arXiv:2101.05186.

    Example:
        >>> from rnnjax import cells
        >>> cells.MCLSTM(64, mass_inputs=2)
        MCLSTM(hidden=64, mass_inputs=2, output_bias=-3.0, mass_activation=relu)
    """

    hidden: int
    mass_inputs: int = 1
    output_bias: float = -3.0
    mass_activation: Activation = relu

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> MCLSTMParams:
        """Draws orthogonal weights.

        Raises:
            ValueError: if there are fewer inputs than masses.
        """
        if input_dim < self.mass_inputs:
            raise ValueError(
                f"{self} takes {self.mass_inputs} masses or more as inputs; got D = {input_dim}"
            )
        keys = jax.random.split(key, 3)
        rows, draw = input_dim - self.mass_inputs + self.hidden, Orthogonal()
        return MCLSTMParams(
            w_i=draw(keys[0], (rows, self.mass_inputs * self.hidden)),
            b_i=jnp.zeros(self.mass_inputs * self.hidden),
            w_r=draw(keys[1], (rows, self.hidden * self.hidden)),
            b_r=jnp.eye(self.hidden).ravel(),
            w_o=draw(keys[2], (rows, self.hidden)),
            b_o=jnp.full(self.hidden, self.output_bias),
        )

    def initial_state(self, params: MCLSTMParams, batch_shape: tuple[int, ...] = ()) -> MCLSTMState:
        """Zeros: empty stores."""
        return MCLSTMState(jnp.zeros((*batch_shape, self.hidden), params.w_o.dtype))

    def step(
        self, params: MCLSTMParams, state: MCLSTMState, x_t: Array
    ) -> tuple[MCLSTMState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        x_t = x_t.astype(jnp.result_type(x_t, params.w_o))
        m, a = jnp.split(x_t, [self.mass_inputs], axis=-1)
        total = jnp.sum(state.c, axis=-1, keepdims=True)
        # Less than this is nothing: a derivative by it would overflow.
        shares = state.c / jnp.where(total < float(jnp.finfo(total.dtype).tiny) ** 0.5, 1, total)
        q = jnp.concatenate([a, shares], axis=-1)
        i = self._shares(affine(q, params.w_i, params.b_i))
        r = self._shares(affine(q, params.w_r, params.b_r))
        o = fast_sigmoid(affine(q, params.w_o, params.b_o))
        s = _product(state.c, r) + _product(self.mass_activation(m), i)
        return MCLSTMState((1 - o) * s), o * s

    def _shares(self, z: Array) -> Array:
        return jax.nn.softmax(z.reshape(*z.shape[:-1], -1, self.hidden), axis=-1)


def _product(vector: Array, matrix: Array) -> Array:
    return (vector[..., None, :] @ matrix)[..., 0, :]
