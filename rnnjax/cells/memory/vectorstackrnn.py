"""Recurrent networks with a stack of vectors."""

import jax.numpy as jnp

from rnnjax.cells.memory.moves import average, popped, pushed
from rnnjax.cells.memory.vectormemory import VectorMemoryCell
from rnnjax.typing import Array


class VectorStackRNN(VectorMemoryCell):
    """Stack-RNN of Suzgun et al.: one stack of vectors, that always pushes or pops.

        h_t = tanh(x_t w_x + (h_{t-1} + M_{t-1}[0] w_m) w_h + b)
        a_t = softmax(h_t w_a + b_a)            push and pop
        n_t = sigmoid(h_t w_n + b_n)
        M_t = a_t[push] [n_t; M_{t-1}[:-1]] + a_t[pop] [M_{t-1}[1:]; 0]
        y_t = h_t

    What is read joins the state before `w_h`, as in the paper. The papers' name is that of
    `StackRNN` too, whose stacks are of numbers. A bias beside `w_m`, which the authors' code has,
    is one of `b`; the paper's last layer, a sigmoid, is left to the readout.

    References:
        Suzgun, Gehrmann, Belinkov & Shieber (2019), Memory-augmented recurrent neural networks can
        learn generalized Dyck languages, arXiv:1911.03329.

    Example:
        >>> from rnnjax import cells
        >>> cells.VectorStackRNN(8)
        VectorStackRNN(hidden=8, width=5, slots=104)
    """

    actions = 2

    def move(self, M: Array, a: Array, n: Array) -> Array:
        """Pushes and pops."""
        return average(a, (pushed(M, n), popped(M, jnp.zeros_like(n))))
