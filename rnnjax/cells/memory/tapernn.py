"""Recurrent networks with tapes."""

from collections.abc import Sequence
from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, relu
from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, Initializer, LecunNormal, Orthogonal
from rnnjax.cells.memory.moves import average
from rnnjax.typing import Array, Key


class Layer(NamedTuple):
    """A layer of the network that writes."""

    w: Array  # [inputs, outputs]
    b: Array  # [outputs]


class TapeRNNParams(NamedTuple):
    """Parameters of `TapeRNN` of A actions."""

    w_x: Array  # [D, H]
    w_m: Array  # [tapes width, H], of what is read
    w_h: Array  # [H, H]
    b: Array  # [H]
    w_a: Array  # [H, A tapes], the first action of all tapes, then the next
    b_a: Array  # [A tapes]
    layers: tuple[Layer, ...]  # from H to tapes width


class TapeRNNState(NamedTuple):
    """State of `TapeRNN`."""

    h: Array  # [..., H]
    M: Array  # [..., slots, tapes width]


class TapeRNN(Cell):
    """Tape-RNN: rings that are written at slot 0, and then turn.

        h_t = relu(x_t w_x + M_{t-1}[0] w_m + h_{t-1} w_h + b)
        a_t = softmax(h_t w_a + b_a)            over the actions, for each tape
        N = M_{t-1},  N[0] = MLP(h_t)
        M_t[i] = a_t[stay] N[i] + a_t[left] N[i + 1] + a_t[right] N[i - 1]      round the ring
               + a_t[jump left] N[i + jump] + a_t[jump right] N[i - jump]
        y_t = h_t

    What is in slot 0 is overwritten at every step. In the paper a jump is as long as the input,
    which a step does not know: `jump` says it, and without it those two actions are missing. The
    parameters are the same for each jump. `layers` are the widths inside the MLP, which has relu
    between its layers.

    References:
        Delétang et al. (2022), Neural networks and the Chomsky hierarchy, ICLR 2023,
        arXiv:2207.02098 (equations from the authors' code).

    Example:
        >>> from rnnjax import cells
        >>> cells.TapeRNN(256, jump=40)
        TapeRNN(hidden=256, width=8, slots=30, tapes=1, jump=40, layers=(64, 64))
    """

    hidden: int
    width: int = 8
    slots: int = 30
    tapes: int = 1
    jump: int | None = None
    layers: tuple[int, ...] = (64, 64)
    activation: Activation = field(default=relu, kw_only=True)
    input_init: Initializer = field(default=Glorot(), kw_only=True)
    recurrent_init: Initializer = field(default=Orthogonal(), kw_only=True)
    layer_init: Initializer = field(default=LecunNormal(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses jumps and layers that are no counts.

        Raises:
            ValueError: if a number among them is not a whole one of 1 or more.
        """
        super().__post_init__()
        if not (self.jump is None or _is_count(self.jump)):
            raise ValueError(f"{self}: jump must be a whole number of 1 or more")
        if not (isinstance(self.layers, tuple) and all(map(_is_count, self.layers))):
            raise ValueError(f"{self}: layers must be a tuple of whole numbers of 1 or more")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    @property
    def offsets(self) -> tuple[int, ...]:
        """How far the actions turn a tape, to the right."""
        return (0, -1, 1) if self.jump is None else (0, -1, 1, -self.jump, self.jump)

    def init(self, key: Key, input_dim: int) -> TapeRNNParams:
        """Draws weights with the initializers, `w_a` with that of the MLP."""
        key_x, key_m, key_h, key_a, key_n = jax.random.split(key, 5)
        across, actions = self.tapes * self.width, self.tapes * len(self.offsets)
        sizes = self.hidden, *self.layers, across
        keys = jax.random.split(key_n, len(sizes) - 1)
        return TapeRNNParams(
            w_x=self.input_init(key_x, (input_dim, self.hidden)),
            w_m=self.input_init(key_m, (across, self.hidden)),
            w_h=self.recurrent_init(key_h, (self.hidden, self.hidden)),
            b=jnp.zeros(self.hidden),
            w_a=self.layer_init(key_a, (self.hidden, actions)),
            b_a=jnp.zeros(actions),
            layers=tuple(
                Layer(self.layer_init(k, (rows, columns)), jnp.zeros(columns))
                for k, rows, columns in zip(keys, sizes[:-1], sizes[1:], strict=True)
            ),
        )

    def initial_state(
        self, params: TapeRNNParams, batch_shape: tuple[int, ...] = ()
    ) -> TapeRNNState:
        """Zeros."""
        dtype = params.w_h.dtype
        return TapeRNNState(
            h=jnp.zeros((*batch_shape, self.hidden), dtype),
            M=jnp.zeros((*batch_shape, self.slots, self.tapes * self.width), dtype),
        )

    def step(
        self, params: TapeRNNParams, state: TapeRNNState, x_t: Array
    ) -> tuple[TapeRNNState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        read = state.M[..., 0, :] @ params.w_m
        h = affine(x_t, params.w_x, params.b) + read + state.h @ params.w_h
        h = self.activation(h)
        a = affine(h, params.w_a, params.b_a)
        a = a.reshape(*a.shape[:-1], len(self.offsets), self.tapes)
        a = jnp.repeat(jax.nn.softmax(a, axis=-2), self.width, axis=-1)
        written = _perceptron(params.layers, h)[..., None, :]
        N = jnp.concatenate([written, state.M[..., 1:, :]], axis=-2)
        turned = [jnp.roll(N, offset, axis=-2) for offset in self.offsets]
        return TapeRNNState(h=h, M=average(a, turned)), h


def _perceptron(layers: Sequence[Layer], x: Array) -> Array:
    for layer in layers[:-1]:
        x = relu(affine(x, layer.w, layer.b))
    return affine(x, layers[-1].w, layers[-1].b)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 1
