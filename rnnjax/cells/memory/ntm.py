"""The Neural Turing Machine."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid, softplus
from rnnjax.cells.initializers import Glorot, gate_blocks
from rnnjax.cells.memory.addressing import by_content, sharpened, shifted
from rnnjax.cells.memory.headedcell import HeadedMemoryCell
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key

_LARGEST = 20.0  # of what the heads are told
_START = 1e-6  # of the memory


class NTMParams(NamedTuple):
    """Parameters of `NTM` of R read and W write heads; the first four have blocks i, f, g, o.

    The columns of `w_p` are, for each of R + W heads, a key, beta, g, 2 shift + 1 logits and gamma,
    and after all these for each write head what it erases and what it adds.
    """

    w_x: Array  # [D, 4H]
    w_r: Array  # [R width, 4H], of what was read
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    w_p: Array  # [H, P]
    b_p: Array  # [P]
    m_0: Array  # [slots, width], the memory at first
    w_0: Array  # [R + W, slots], logits of the weights at first
    r_0: Array  # [R, width], what has been read at first, before tanh


class NTMState(NamedTuple):
    """State of `NTM`."""

    h: Array  # [..., H]
    c: Array  # [..., H]
    M: Array  # [..., slots, width]
    w: Array  # [..., R + W, slots], of the read heads, then of those that write
    r: Array  # [..., R, width]


class NTM(HeadedMemoryCell):
    """Neural Turing Machine: heads that find slots by content, or by moving on from the last ones.

        h_t, c_t = LSTM([x_t, r_{t-1}], h_{t-1}, c_{t-1})
        k, beta, g, s, gamma = tanh, softplus, sigmoid, softmax, 1 + softplus  of h_t w_p + b_p
        w^c = softmax over slots(beta cos(k, M_{t-1}[i]))                            # eq. (5), (6)
        w^g = g w^c + (1 - g) w_{t-1}                                                # eq. (7)
        w~[i] = sum over o of s[o] w^g[i - o],  o = -shift..shift, round the ring    # eq. (8)
        w_t = w~^gamma / sum(w~^gamma)                                               # eq. (9)
        r_t = w_t M_{t-1}                                                            # eq. (2)
        M_t = M_{t-1} * (1 - w_t^T e_t) + w_t^T a_t                                  # eq. (3), (4)
        y_t = [h_t, r_t]

    for each head, with `e_t = sigmoid(h_t w_p + b_p)` and `a_t = tanh(h_t w_p + b_p)` of its own
    where it writes. The paper leaves open the activations, the start and the order of reading and
    writing; they are those of Collier & Beel: heads read first, and write one after another; the
    numbers told to the heads are cut off at 20; the memory starts at 1e-6 everywhere, and its
    start, that of the weights and of what was read are parameters. Their last layer is left to the
    readout. Memory and weights are of single precision at least.

    References:
        Graves, Wayne & Danihelka (2014), Neural Turing machines, arXiv:1410.5401.
        Collier & Beel (2018), Implementing neural Turing machines, ICANN, arXiv:1807.08518.

    Example:
        >>> from rnnjax import cells
        >>> cells.NTM(100).output_dim
        120
    """

    hidden: int
    width: int = 20
    slots: int = 128
    reads: int = 1
    writes: int = 1
    shift: int = 1

    @property
    def _sizes(self) -> tuple[int, int, int, int, int]:
        """The numbers that say where a head goes: k, beta, g, s, gamma."""
        return self.width, 1, 1, 2 * self.shift + 1, 1

    def init(self, key: Key, input_dim: int) -> NTMParams:
        """Draws weights with the initializers; the heads' own starts are Glorot's."""
        keys = jax.random.split(key, 7)
        heads, width = self.reads + self.writes, self.width
        told = heads * sum(self._sizes) + 2 * self.writes * width

        def starts(key: Key, count: int, size: int) -> Array:
            return gate_blocks(Glorot(), key, 1, size, count).reshape(count, size)

        return NTMParams(
            **self.init_controller(keys, input_dim, told),
            m_0=jnp.full((self.slots, width), _START),
            w_0=starts(keys[5], heads, self.slots),
            r_0=starts(keys[6], self.reads, width),
        )

    def initial_state(self, params: NTMParams, batch_shape: tuple[int, ...] = ()) -> NTMState:
        """Zeros in the controller, and the starts that are learned."""
        h = jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype)
        wide = single_or_wider(h.dtype)

        def each(start: Array) -> Array:
            return jnp.broadcast_to(start, (*batch_shape, *start.shape))

        w = jax.nn.softmax(params.w_0.astype(wide), axis=-1)
        M = each(params.m_0.astype(wide))
        return NTMState(h=h, c=h, M=M, w=each(w), r=each(jnp.tanh(params.r_0)))

    def step(self, params: NTMParams, state: NTMState, x_t: Array) -> tuple[NTMState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H + R width]`."""
        h, c, told = self.control(params, state, x_t)
        told = jnp.clip(told, -_LARGEST, _LARGEST)
        heads, addresses = self.reads + self.writes, sum(self._sizes)
        address, content = jnp.split(told, [heads * addresses], axis=-1)
        address = address.reshape(*address.shape[:-1], heads, addresses)
        w = self.address(state.M, state.w, address)

        r = (w[..., : self.reads, :] @ state.M).astype(h.dtype)
        M, content = state.M, content.reshape(*content.shape[:-1], self.writes, 2, self.width)
        for i in range(self.writes):
            own = w[..., self.reads + i, :, None]
            erased, added = fast_sigmoid(content[..., i, :1, :]), jnp.tanh(content[..., i, 1:, :])
            M = M * (1 - own * erased) + own * added
        state = NTMState(h=h, c=c, M=M, w=w, r=r)
        return state, self.output(params, state)

    def address(self, M: Array, w: Array, told: Array) -> Array:
        """Returns the weights `[..., heads, slots]` of heads that were told `[..., heads, P]`."""
        ends = [sum(self._sizes[: i + 1]) for i in range(4)]
        k, beta, g, s, gamma = jnp.split(told, ends, axis=-1)
        g = fast_sigmoid(g)
        w = g * by_content(jnp.tanh(k), softplus(beta), M) + (1 - g) * w
        return sharpened(shifted(w, jax.nn.softmax(s, axis=-1)), 1 + softplus(gamma))
