"""Steps as maps of states that compose: all that the engines of this folder know of a cell."""

import abc
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.typing import State


class Maps(abc.ABC):
    """How the steps of a cell compose and what they do to a state, under masks and resets.

    A step, or several that are one, is a pytree of arrays `[..., *]`. What is called `each` are T
    of them, arrays `[T, ..., *]`, and T is 1 or more where nothing else is said.
    """

    @abc.abstractmethod
    def compose(self, first: Any, second: Any) -> Any:
        """Returns two steps as one."""

    @abc.abstractmethod
    def apply(self, step: Any, state: State) -> State:
        """Returns the state after a step."""

    @abc.abstractmethod
    def pad(self, each: Any, missing: int) -> Any:
        """Adds so many steps that do nothing at the end."""

    @abc.abstractmethod
    def compose_in_a_loop(self, each: Any) -> Any:
        """Returns all steps up to each as one, one composition after another."""

    @abc.abstractmethod
    def states_in_a_loop(self, each: Any, state: State) -> tuple[State, State]:
        """Returns the state after the last of any number of steps and those after each.

        The derivatives are its own.
        """

    def compose_all(self, each: Any) -> Any:
        """Returns all steps up to each as one, log2(T) compositions deep."""
        return jax.lax.associative_scan(self.compose, each)

    def states(self, each: Any, state: State) -> State:
        """Returns the states after each step, from the state before the first."""
        return self.apply_each(self.compose_all(each), state)

    def states_in_chunks(self, each: Any, state: State, chunk: int) -> State:
        """Returns what `states` does: loops of `chunk` steps, all at once, then a tree."""
        steps = jax.tree.leaves(each)[0].shape[0]
        count = -(-steps // chunk)
        each = self.pad(each, count * chunk - steps)
        divided = jax.tree.map(  # [chunk, count, ...]
            lambda x: jnp.moveaxis(x.reshape(count, chunk, *x.shape[1:]), 0, 1), each
        )
        so_far = self.compose_in_a_loop(divided)
        ends = self.states(last_of(so_far), state)
        states = self.apply_each(so_far, before_each(state, ends))
        return jax.tree.map(
            lambda x: jnp.moveaxis(x, 0, 1).reshape(count * chunk, *x.shape[2:])[:steps], states
        )

    def apply_each(self, each: Any, state: State) -> State:
        """Returns what each of the steps makes of one state."""
        return jax.vmap(self.apply, in_axes=(0, None))(each, state)


def last_of(tree: Any) -> Any:
    """Returns the last of arrays `[T, ...]`."""
    return jax.tree.map(lambda x: x[-1], tree)


def before_each(state: State, states: State) -> State:
    """Returns the states before each of any number of steps: the first, and those after steps."""
    return jax.tree.map(
        lambda x, xs: jnp.concatenate([x[None], xs[:-1]])[: xs.shape[0]], state, states
    )
