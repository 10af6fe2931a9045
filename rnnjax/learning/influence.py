"""The influence of parameters on a state, `P_t = dh_t / dtheta`, where it can be other than zero.

    P_t = P_{t-1} J_t + I_t,   J_t = dh_t / dh_{t-1},  I_t = dh_t / dtheta with h_{t-1} held

A parameter that reaches few numbers of the state has an entry for each; others have one for all.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.learning.step import Step
from rnnjax.learning.structure import Structure
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array

# Entries of a Jacobian, by the numbers of the state that are moved and those that move them.
Entries = Callable[[np.ndarray, np.ndarray], Array]


class Influences(NamedTuple):
    """How parameters, and the state before all of time, have moved a state.

    Example:
        >>> Influences(theta=[], start=None)
        Influences(theta=[], start=None)
    """

    theta: list[Array]  # [M, *leaf] each
    start: Array | None  # [M, N], None if it is of no interest


class _Leaf(NamedTuple):
    """Where the influence of a leaf's parameters is kept: `[M, *leaf]`."""

    at: np.ndarray | None  # [M, *leaf], of which number of the state an entry is; None is all N
    kept: np.ndarray  # boolean, alike: what may be other than zero
    direct: np.ndarray  # boolean, alike: what a parameter moves at once


class Influence:
    """The layout of influences, and what is done to them.

    Args:
        structure: which parameters move what.
        reach: see `Structure.reach`; what lies beyond is left out.
    """

    def __init__(self, structure: Structure, reach: int | None) -> None:
        self.structure = structure
        self.colours = structure.colours()
        direct = *structure.direct, np.eye(len(self.colours), dtype=bool)
        *self.leaves, self.start = map(_leaf, structure.reach(reach), direct)

    def begin(self, theta: list[Array], is_started: bool) -> Influences:
        """Returns the influences before a sequence: none, and of its first state the identity."""
        count = len(self.colours)
        of_theta = [
            jnp.zeros(
                (count if leaf.at is None else len(leaf.at), *x.shape),
                single_or_wider(x.dtype),
            )
            for leaf, x in zip(self.leaves, theta, strict=True)
        ]
        rows = count if self.start.at is None else len(self.start.at)
        start = jnp.broadcast_to(self.start.direct, (rows, count)).astype(float)
        return Influences(of_theta, start if is_started else None)

    def after(self, step: Step, past: Influences) -> Influences:
        """Returns the influences after a step."""
        moved, jacobian = self.derivatives(step)
        of_theta = [
            self._passed(leaf, x, jacobian) + self._moved(leaf, now).astype(x.dtype)
            for leaf, x, now in zip(self.leaves, past.theta, moved, strict=True)
        ]
        if past.start is None:
            return Influences(of_theta, None)
        return Influences(of_theta, self._passed(self.start, past.start, jacobian))

    def derivatives(self, step: Step) -> tuple[list[Array], Entries]:
        """Returns what parameters move at once, of all numbers of each colour; and the Jacobian."""
        moved, jacobian = self.pulled(step)

        def entries(to: np.ndarray, origin: np.ndarray) -> Array:
            moves = self.structure.jacobian[to, origin]
            return jnp.where(moves, jacobian[self.colours[to], origin], 0)

        return moved, entries

    def pulled(self, step: Step) -> tuple[list[Array], Array]:
        """Returns the cotangents of parameters and of the state before, for each colour."""
        after, pull = jax.vjp(step, step.theta, step.h)
        each = np.arange(self.colours.max() + 1)[:, None] == self.colours
        return jax.vmap(pull)(jnp.asarray(each, after.dtype))

    def times(self, past: Influences, cotangents: Array) -> tuple[list[Array], Array | None]:
        """Returns gradients of parameters, and of first states `[B, N]`.

        Args:
            past: of B sequences.
            cotangents: of their states, `[B, N]`.
        """
        theta = [
            _times("bn,bn...->...", leaf, x, cotangents)
            for leaf, x in zip(self.leaves, past.theta, strict=True)
        ]
        if past.start is None:
            return theta, None
        return theta, _times("bn,bn...->b...", self.start, past.start, cotangents)

    def _passed(self, leaf: _Leaf, past: Array, jacobian: Entries) -> Array:
        """Returns what is left of an influence after a step."""
        if leaf.at is None:
            each = np.arange(len(self.colours))
            rows = jacobian(each[:, None], each[None]).astype(past.real.dtype)
            passed = jnp.tensordot(rows, past, 1, precision=jax.lax.Precision.HIGHEST)
        else:
            entries = jacobian(leaf.at[:, None], leaf.at[None]).astype(past.real.dtype)
            passed = jnp.sum(entries * past[None], axis=1)
        return jnp.where(leaf.kept, passed, 0)

    def _moved(self, leaf: _Leaf, moved: Array) -> Array:
        """Returns the influence of a step by itself, from that on all numbers of each colour."""
        if leaf.at is None:
            return jnp.where(leaf.direct, moved[self.colours], 0)
        colours = self.colours[leaf.at]
        own = (jnp.where((colours == c) & leaf.direct, moved[c], 0) for c in np.unique(colours))
        return sum(own, start=jnp.zeros((), moved.dtype))


def _times(product: str, leaf: _Leaf, past: Array, cotangents: Array) -> Array:
    c = cotangents.astype(past.real.dtype)
    if leaf.at is None:
        return jnp.einsum(product, c, past, precision=jax.lax.Precision.HIGHEST)
    return (c[:, leaf.at] * past).sum(axis=1 if "->b" in product else (0, 1))


def _leaf(reached: np.ndarray, direct: np.ndarray) -> _Leaf:
    most = max(1, int(reached.sum(axis=0).max(initial=0)))
    if most > len(reached) // 2:
        return _Leaf(None, *(_repeating(flags)[0] for flags in (reached, direct & reached)))
    at = np.argsort(~reached, axis=0, kind="stable")[:most]
    kept = np.take_along_axis(reached, at, 0)
    return _Leaf(*_repeating(at, kept, np.take_along_axis(direct, at, 0) & kept))


def _repeating(*arrays: np.ndarray) -> list[np.ndarray]:
    """Returns arrays with length 1 on the axes, but the first, along which all of them repeat."""
    for axis in range(1, arrays[0].ndim):
        if all((x == x.take([0], axis)).all() for x in arrays):
            arrays = tuple(x.take([0], axis) for x in arrays)
    return list(arrays)
