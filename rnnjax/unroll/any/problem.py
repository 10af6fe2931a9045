"""A call of an engine as one equation in all of its states."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.dynamics import on_vectors, to_vector
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.blocks import run_at_once
from rnnjax.unroll.masks import grow, masked_step


class Problem(NamedTuple):
    """What an engine is given: `h_t = f_t(h_{t-1})` for T steps, on vectors `[..., N]`."""

    cell: Cell
    params: Params
    state: State  # before the first step
    xs: Any  # [T, ..., D]
    mask: Array | None  # boolean [T, ...]
    reset: Array | None  # boolean [T, ...]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The axes between time and features."""
        return leading_axes(self.xs)[1:]

    @property
    def one_state(self) -> State:
        """The shapes and dtypes of a state without batch axes."""
        axes = len(self.batch_shape)
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[axes:], x.dtype), self.state)

    @property
    def inputs(self) -> tuple:
        """What steps are given beside their states."""
        return self.xs, self.mask, self.reset

    @property
    def start(self) -> Array:
        """The vector before the first step, `[..., N]`."""
        return to_vector(self.state, self.batch_shape)

    def befores(self, hs: Array) -> Array:
        """Returns the vectors before each step, `[T, ..., N]`, from those after each."""
        return jnp.concatenate([self.start[None], hs[:-1]])

    def step(self) -> Callable[[Array, tuple], tuple[Array, Any]]:
        """Returns the step of a vector, which is also given what `inputs` has for it."""

        def step(state: State, inputs: tuple) -> tuple[State, Any]:
            return masked_step(self.cell, self.params, state, *inputs)

        return on_vectors(step, self.one_state)

    def run(self, befores: Array) -> tuple[Array, Any]:
        """Runs all steps at once, each from its own vector in `befores`."""

        def steps(params: Params, given: tuple) -> tuple[Array, Any]:
            return jax.vmap(self._replace(params=params).step())(*given)

        return run_at_once(steps, self.params, (befores, self.inputs))

    def afters(self, befores: Array) -> Array:
        """Returns the vectors after each step, `[T, ..., N]`, from those before each."""
        return jax.vmap(self.step())(befores, self.inputs)[0]

    def begins(self) -> Array | None:
        """Returns where a step forgets what was before, boolean `[T, ...]`; None is nowhere."""
        if self.reset is None:
            return None
        there = jnp.empty(leading_axes(self.xs), bool)
        begins = grow(self.reset, there)
        return begins if self.mask is None else begins & grow(self.mask, there)
