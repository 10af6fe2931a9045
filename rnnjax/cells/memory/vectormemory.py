"""What `VectorStackRNN` and `BabyNTM` share: a plain network that reads slot 0."""

import abc
from dataclasses import field
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot, Initializer, Orthogonal
from rnnjax.typing import Array, Key


class VectorMemoryParams(NamedTuple):
    """Parameters of a `VectorMemoryCell` of A actions."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    b: Array  # [H]
    w_m: Array  # [width, H], of what is read
    w_a: Array  # [H, A]
    b_a: Array  # [A]
    w_n: Array  # [H, width], of what is written
    b_n: Array  # [width]


class VectorMemoryState(NamedTuple):
    """State of a `VectorMemoryCell`."""

    h: Array  # [..., H]
    M: Array  # [..., slots, width]


class VectorMemoryCell(Cell, abc.ABC):
    """A plain network with a memory of vectors that moves as a whole; `move` says how."""

    actions: ClassVar[int]

    hidden: int
    width: int = 5
    slots: int = 104
    activation: Activation = field(default=jnp.tanh, kw_only=True)
    input_init: Initializer = field(default=Glorot(), kw_only=True)
    recurrent_init: Initializer = field(default=Orthogonal(), kw_only=True)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> VectorMemoryParams:
        """Draws `w_h` with the initializer of recurrent weights, and others with the input's."""
        keys = jax.random.split(key, 5)
        return VectorMemoryParams(
            w_x=self.input_init(keys[0], (input_dim, self.hidden)),
            w_h=self.recurrent_init(keys[1], (self.hidden, self.hidden)),
            b=jnp.zeros(self.hidden),
            w_m=self.input_init(keys[2], (self.width, self.hidden)),
            w_a=self.input_init(keys[3], (self.hidden, self.actions)),
            b_a=jnp.zeros(self.actions),
            w_n=self.input_init(keys[4], (self.hidden, self.width)),
            b_n=jnp.zeros(self.width),
        )

    def initial_state(
        self, params: VectorMemoryParams, batch_shape: tuple[int, ...] = ()
    ) -> VectorMemoryState:
        """Zeros."""
        dtype = params.w_h.dtype
        return VectorMemoryState(
            h=jnp.zeros((*batch_shape, self.hidden), dtype),
            M=jnp.zeros((*batch_shape, self.slots, self.width), dtype),
        )

    def step(
        self, params: VectorMemoryParams, state: VectorMemoryState, x_t: Array
    ) -> tuple[VectorMemoryState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        seen = state.h + state.M[..., 0, :] @ params.w_m
        h = self.activation(affine(x_t, params.w_x, params.b) + seen @ params.w_h)
        a = jax.nn.softmax(affine(h, params.w_a, params.b_a), axis=-1)
        n = fast_sigmoid(affine(h, params.w_n, params.b_n))
        return VectorMemoryState(h=h, M=self.move(state.M, a[..., None], n)), h

    @abc.abstractmethod
    def move(self, M: Array, a: Array, n: Array) -> Array:
        """Returns the memory after actions of weights `a [..., A, 1]`, with `n [..., width]`."""
