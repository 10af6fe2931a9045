"""Truncated backpropagation through time."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.learning.base import Rule
from rnnjax.learning.step import Step
from rnnjax.typing import Array, State


class Past(NamedTuple):
    """The last steps of a sequence, the oldest first, each as it was.

    Example:
        >>> Past(states=(), xs=(), begins=(), there=(), from_start=True).from_start
        True
    """

    states: State  # [overlap, *], before each of them
    xs: Any  # [overlap, *]
    begins: Array  # boolean [overlap], whether a sequence begins with it
    there: Array  # boolean [overlap]
    from_start: Array  # boolean, whether they are all since the run began


class TBPTT(Rule):
    """Truncated backpropagation through time: windows that know little of the past.

    The losses of every `window` steps go back through those and the `overlap` steps before, as
    k1 = `window`, k2 = `window + overlap` of those who count so. Without an overlap windows know
    nothing of each other, and a loss reaches back `(window + 1) / 2` steps on average; with a
    window of 1 each loss reaches back `overlap + 1` steps. Once that is all of time it is exact.

    Memory and time of a window grow with the overlap. Past a `reset` nothing is reached. Inputs
    have the gradients of their own window's losses alone.

    Example:
        >>> TBPTT(overlap=15, window=5)
        TBPTT(overlap=15, window=5)

    References:
        Williams & Peng (1990), An efficient gradient-based algorithm for on-line training of
        recurrent network trajectories, Neural Computation 2.
        Sutskever (2013), Training recurrent neural networks, thesis, University of Toronto (k1
        and k2).
    """

    overlap: int = dataclasses.field(default=0, metadata={"least": 0})

    def begin(self, step: Step) -> Past | tuple:
        """Returns no steps."""
        if not self.overlap:
            return ()

        def none(x: Any) -> Array:
            return jnp.zeros((self.overlap, *x.shape), x.dtype)

        states, xs = jax.tree.map(none, (step.state, step.inputs[0]))
        no = jnp.zeros(self.overlap, bool)
        return Past(states, xs, no, no, jnp.array(True))

    def advance(self, step: Step, memory: Past, noise: Any) -> Past:
        """Takes the step in, and forgets the oldest."""
        del noise

        def taken(old: Array, new: Array) -> Array:
            return jnp.concatenate([old[1:], jnp.asarray(new, old.dtype)[None]])

        x_t, _, reset = step.inputs
        states, xs = jax.tree.map(taken, (memory.states, memory.xs), (step.state, x_t))
        return Past(
            states,
            xs,
            begins=taken(memory.begins, jnp.array(False) if reset is None else reset),
            there=taken(memory.there, jnp.array(True)),
            from_start=memory.from_start & ~memory.there[0],
        )

    def contract(
        self, step: Step, memory: Past | tuple, cotangents: Array
    ) -> tuple[list[Array], Array | None]:
        """Backpropagates through the steps that are kept."""
        if not isinstance(memory, Past):
            return [jnp.zeros(x.shape, x.dtype) for x in step.theta], None

        def back(carry: tuple, one: tuple) -> tuple[tuple, None]:
            theta, c = carry
            state, x_t, begins, is_there = one
            at = step._replace(state=state, inputs=(x_t, None, begins))
            own, before = jax.vjp(at, step.theta, at.h)[1](c.astype(at.h.dtype))
            theta = [a + jnp.where(is_there, b, 0) for a, b in zip(theta, own, strict=True)]
            return (theta, jnp.where(is_there, before, c)), None

        def of_one(memory: Past, c: Array) -> tuple[list[Array], Array]:
            carry = [jnp.zeros_like(x) for x in step.theta], c
            steps = memory[:4]
            (theta, c), _ = jax.lax.scan(back, carry, steps, reverse=True)
            return theta, jnp.where(memory.from_start, c, 0)

        theta, start = jax.vmap(of_one)(memory, cotangents)
        theta = [x.sum(0) for x in theta]
        return theta, None if self.carry else start
