"""The Baby Neural Turing Machine."""

import jax.numpy as jnp

from rnnjax.cells.memory.moves import average, popped, pushed
from rnnjax.cells.memory.vectormemory import VectorMemoryCell
from rnnjax.typing import Array


class BabyNTM(VectorMemoryCell):
    """Baby Neural Turing Machine: a tape that turns or shifts under one head.

        h_t = tanh(x_t w_x + (h_{t-1} + M_{t-1}[0] w_m) w_h + b)
        a_t = softmax(h_t w_a + b_a)    rotate up, rotate down, no-op, shift down, shift up
        n_t = sigmoid(h_t w_n + b_n)
        M_t = a_t[up] [M_{t-1}[1:]; M_{t-1}[0]] + a_t[down] [M_{t-1}[-1]; M_{t-1}[:-1]]
            + a_t[no-op] M_{t-1}
            + a_t[shift down] [0; M_{t-1}[:-1]] + a_t[shift up] [M_{t-1}[1:]; 0]
        M_t[0] = M_t[0] + n_t,  y_t = h_t

    What is written adds to slot 0 at every step, whatever the action, and so isn't bounded by 1.
    What is read joins the state before `w_h`, as in the paper. A bias beside `w_m`, which the
    authors' code has, is one of `b`; the paper's last layer, a sigmoid, is left to the readout.

    References:
        Suzgun, Gehrmann, Belinkov & Shieber (2019), Memory-augmented recurrent neural networks can
        learn generalized Dyck languages, arXiv:1911.03329.

    Example:
        >>> from rnnjax import cells
        >>> cells.BabyNTM(8)
        BabyNTM(hidden=8, width=5, slots=104)
    """

    actions = 5

    def move(self, M: Array, a: Array, n: Array) -> Array:
        """Moves the tape, then adds to slot 0."""
        nothing = jnp.zeros_like(n)
        up, down = popped(M, M[..., 0, :]), pushed(M, M[..., -1, :])
        M = average(a, (up, down, M, pushed(M, nothing), popped(M, nothing)))
        return jnp.concatenate([M[..., :1, :] + n[..., None, :], M[..., 1:, :]], axis=-2)
