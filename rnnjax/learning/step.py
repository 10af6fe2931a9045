"""One step of one sequence, as a function of parameters and of a state as a vector."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.dynamics import to_state, to_vector
from rnnjax.numbers import numbers_of, with_numbers
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.masks import begin, hide, initial_like, masked_step


class Step(NamedTuple):
    """A step from where a sequence is: `(theta, h) -> h`, called.

    Example:
        >>> from rnnjax.cells import Elman
        >>> cell = Elman(3)
        >>> params = cell.init(jax.random.key(0), 2)
        >>> step = Step(cell, params, cell.initial_state(params), (jnp.ones(2), None, None))
        >>> step(step.theta, step.h).shape
        (3,)
    """

    cell: Cell
    params: Params
    state: State  # before it
    inputs: tuple  # x_t, and a mask and a reset or None

    @property
    def theta(self) -> list[Array]:
        """The parameters that are numbers."""
        return numbers_of(self.params)

    @property
    def h(self) -> Array:
        """The state before it, `[N]`; whole numbers in it are no part of that."""
        return to_vector(numbers_of(self.state))

    def zero_h(self) -> Array:
        """Returns zeros like `h`; of the state only shapes are used."""
        zeros = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), self.state)
        return jnp.zeros_like(self._replace(state=zeros).h)

    def started(self) -> "Step":
        """Returns the step from where it starts, the initial state if it is a first, no flags."""
        x_t, mask, reset = self.inputs
        state = self.state
        if reset is not None:
            state = begin(reset, initial_like(self.cell, self.params, state), state)
        return self._replace(state=state, inputs=(hide(x_t, mask), None, None))

    def state_of(self, h: Array) -> State:
        """Returns a state of a vector `[N]`, with the whole numbers of the state before it."""
        return with_numbers(self.state, numbers_of(to_state(h, numbers_of(self.state))))

    def __call__(self, theta: list[Array], h: Array) -> Array:
        """Returns the state after it, `[N]`, from these parameters and this state before."""
        params = with_numbers(self.params, theta)
        after, _ = masked_step(self.cell, params, self.state_of(h), *self.inputs)
        return to_vector(numbers_of(after)).astype(h.dtype)
