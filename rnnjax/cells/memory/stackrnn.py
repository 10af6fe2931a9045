"""Recurrent networks with stacks of numbers."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.base import Cell
from rnnjax.cells.initializers import Initializer, Normal
from rnnjax.cells.memory.moves import average, popped, pushed
from rnnjax.typing import Array, Key

_EMPTY = -1.0


class StackRNNParams(NamedTuple):
    """Parameters of `StackRNN`."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    w_s: Array  # [depth * stacks, H], the paper's P: the top of all stacks, then what is below
    w_a: Array  # [H, 3 * stacks], push of all stacks, pop of all, no-op of all
    w_p: Array  # [H, stacks], the paper's D


class StackRNNState(NamedTuple):
    """State of `StackRNN`."""

    h: Array  # [..., H]
    S: Array  # [..., slots, stacks], the top first


class StackRNN(Cell):
    """Stack-augmented recurrent network: numbers pushed and popped by a softmax over the actions.

        h_t = sigmoid(x_t w_x + h_{t-1} w_h + S_{t-1}[:depth] w_s)
        a_t = softmax(h_t w_a)          over push, pop and no-op, for each stack
        p_t = sigmoid(h_t w_p)          a number for each stack
        S_t = a_t[push] [p_t; S_{t-1}[:-1]] + a_t[pop] [S_{t-1}[1:]; -1] + a_t[no-op] S_{t-1}
        y_t = h_t

    Stacks have `slots` numbers each, -1 where nothing is; what is pushed below the last is lost. As
    in the authors' code there are no biases. `stacks`, `slots` and `depth` are those of their two
    programs, `train_toy` and `train_add`; the help says a depth of 1, as their class has by itself.
    Both do without `w_h` unless they are asked, as with zeros in it here, and the first without
    no-op. Weights start as normal numbers of deviation 0.1, that of the code's sums of three
    uniform ones. Later papers call `VectorStackRNN` or others like it a stack-RNN too.

    References:
        Joulin & Mikolov (2015), Inferring algorithmic patterns with stack-augmented recurrent
        nets, NIPS, arXiv:1503.01007.

    Example:
        >>> from rnnjax import cells
        >>> cells.StackRNN(40, stacks=10)
        StackRNN(hidden=40, stacks=10, slots=200, depth=2)
    """

    hidden: int
    stacks: int = 10
    slots: int = 200
    depth: int = 2
    activation: Activation = field(default=fast_sigmoid, kw_only=True)
    input_init: Initializer = field(default=Normal(0.1), kw_only=True)
    recurrent_init: Initializer = field(default=Normal(0.1), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses to read below the last slot.

        Raises:
            ValueError: if not `depth <= slots`.
        """
        super().__post_init__()
        if self.depth > self.slots:
            raise ValueError(f"{self}: depth must not be above slots")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> StackRNNParams:
        """Draws weights with the initializers; `w_x` and `w_p` with that of the input."""
        keys = jax.random.split(key, 5)
        return StackRNNParams(
            w_x=self.input_init(keys[0], (input_dim, self.hidden)),
            w_h=self.recurrent_init(keys[1], (self.hidden, self.hidden)),
            w_s=self.recurrent_init(keys[2], (self.depth * self.stacks, self.hidden)),
            w_a=self.recurrent_init(keys[3], (self.hidden, 3 * self.stacks)),
            w_p=self.input_init(keys[4], (self.hidden, self.stacks)),
        )

    def initial_state(
        self, params: StackRNNParams, batch_shape: tuple[int, ...] = ()
    ) -> StackRNNState:
        """Zeros, and empty stacks."""
        dtype = params.w_h.dtype
        return StackRNNState(
            h=jnp.zeros((*batch_shape, self.hidden), dtype),
            S=jnp.full((*batch_shape, self.slots, self.stacks), _EMPTY, dtype),
        )

    def step(
        self, params: StackRNNParams, state: StackRNNState, x_t: Array
    ) -> tuple[StackRNNState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        top = state.S[..., : self.depth, :]
        top = top.reshape(*top.shape[:-2], self.depth * self.stacks)
        h = self.activation(x_t @ params.w_x + state.h @ params.w_h + top @ params.w_s)
        a = h @ params.w_a
        a = jax.nn.softmax(a.reshape(*a.shape[:-1], 3, self.stacks), axis=-2)
        p = fast_sigmoid(h @ params.w_p)
        push, pop = pushed(state.S, p), popped(state.S, jnp.full_like(p, _EMPTY))
        return StackRNNState(h=h, S=average(a, (push, pop, state.S))), h
