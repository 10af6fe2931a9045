"""Which numbers of a state a parameter can reach, known from the cell and not from its numbers."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells.base import Cell
from rnnjax.dynamics import to_vector
from rnnjax.learning.step import Step
from rnnjax.numbers import is_number, numbers_of, with_numbers
from rnnjax.typing import Array, Key, Params, State

_MOST = 10**9  # pairs that are looked at
# Draws with one pattern, after which it is taken for that of all numbers. Where patterns differ, as
# of rectified units, which are on in every other draw, and those that they move in every fourth,
# draws in a row that have to find nothing new: one in four is missed by 1 in 100,000.
_ALIKE, _QUIET = 12, 40


class Structure(NamedTuple):
    """What a step can move: patterns of its derivatives, of a state of N numbers."""

    jacobian: np.ndarray  # boolean [N, N]: [j, i], whether number i before moves number j after
    direct: tuple[np.ndarray, ...]  # boolean [N, *leaf] for each leaf of numbers of the parameters
    units: np.ndarray  # [N], which unit a number is of

    def is_within_units(self) -> bool:
        """Says whether each parameter moves one unit alone at once."""
        of_units = np.arange(self.units.max(initial=0) + 1)[:, None] == self.units
        return bool((_product(of_units, columns(self.direct)).sum(axis=0) <= 1).all())

    def reach(self, steps: int | None) -> tuple[np.ndarray, ...]:
        """Returns what each parameter moves within so many steps, its own the first; None is all.

        Whatever number of a unit it moves, it moves those that the unit makes of it by itself, such
        as an output gate what is in the cell one step later: steps are those from unit to unit.

        Returns:
            Boolean `[N, *leaf]` for each leaf, and last what a state before moves, `[N, N]`.
        """
        leaves = *self.direct, np.eye(len(self.jacobian), dtype=bool)
        sizes = [leaf[0].size for leaf in leaves]
        flat = columns(leaves)
        # Most parameters move the same numbers as many others.
        reached, back = _distinct(flat)
        within = self.jacobian & (self.units[:, None] == self.units)
        reached, count = _closed(within, reached), 1
        while steps is None or count < steps:
            more = _closed(within, reached | _product(self.jacobian, reached))
            if (more == reached).all():
                break
            reached, count = more, count + 1
        parts = np.split(reached[:, back], np.cumsum(sizes)[:-1], axis=1)
        return tuple(part.reshape(leaf.shape) for part, leaf in zip(parts, leaves, strict=True))

    def colours(self) -> np.ndarray:
        """Returns a colour `[N]` for each number of a state.

        No parameter, and no number before, moves two of one colour: so one product with the
        cotangent that is 1 for all of a colour has the derivatives of each by itself.
        """
        moved = _distinct(columns([self.jacobian, *self.direct]))[0].astype(np.float32)
        conflicts = moved @ moved.T > 0
        colours = np.full(len(conflicts), -1)
        for j, others in enumerate(conflicts):
            taken = set(colours[others])
            colours[j] = next(colour for colour in range(len(colours)) if colour not in taken)
        return colours


def structure_of(cell: Cell, params: Params, state: State, x_t: Any) -> Structure:
    """Returns the structure of a cell's step.

    Derivatives are taken at random points: what is zero in all is zero by structure. There are a
    dozen where they are all zero at the same places, more where that depends on the numbers.

    Args:
        cell: the recurrence.
        params: its parameters, as they are prepared for steps; only their shapes are used, as of
            the others.
        state: one state, without batch axes.
        x_t: one input, without batch axes.

    Example:
        >>> from rnnjax.cells import IndRNN
        >>> cell = IndRNN(2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> found = structure_of(cell, params, cell.initial_state(params), jnp.zeros(3))
        >>> found.jacobian.tolist()  # each unit sees itself alone
        [[True, False], [False, True]]
    """
    like = params, state, x_t

    count = sum(x.size for x in numbers_of(params)) * sum(
        x.size * (1 + jnp.iscomplexobj(x)) for x in numbers_of(state)
    )
    if count > _MOST:
        raise ValueError(
            f"{cell} has {count:,} pairs of a parameter and a number of its state: too many, "
            f"more than {_MOST:,}, to find out which moves which"
        )

    with jax.ensure_compile_time_eval():
        patterns = jax.jit(lambda key: _patterns(cell, *drawn(cell, like, key)))

        def draw(number: int) -> list[np.ndarray]:
            key = jax.random.fold_in(jax.random.key(0), number)
            return [np.asarray(x) for x in jax.tree.leaves(patterns(key))]

        jacobian, *direct = _found(draw)
    np.fill_diagonal(jacobian, True)  # as where there is no step
    return Structure(jacobian, tuple(direct), _units(state))


def columns(leaves: Sequence[np.ndarray]) -> np.ndarray:
    """Returns what of N numbers moves, for all parameters of leaves `[N, *leaf]`: `[N, P]`.

    Example:
        >>> columns([np.eye(2), np.ones((2, 2, 2))]).shape
        (2, 6)
    """
    return np.concatenate([leaf.reshape(len(leaf), -1) for leaf in leaves], axis=1)


def _distinct(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the distinct columns of flags, and which of them each column is."""
    packed = np.ascontiguousarray(np.packbits(flags, axis=0).T)
    keys = packed.view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, first, back = np.unique(keys, return_index=True, return_inverse=True)
    return flags[:, first], back


def _product(moves: np.ndarray, reached: np.ndarray) -> np.ndarray:
    return moves.astype(np.float32) @ reached.astype(np.float32) > 0


def _closed(moves: np.ndarray, reached: np.ndarray) -> np.ndarray:
    """Returns what is reached in any number of moves."""
    while (more := reached | _product(moves, reached)).sum() > reached.sum():
        reached = more
    return reached


def _units(state: State) -> np.ndarray:
    """Returns which unit each number of a state is of, `[N]`.

    What has one place in arrays of one shape, side by side in the state, is one unit, as `h` and
    `c` of an LSTM; and the real and the imaginary part of a number.
    """
    first: dict[Any, int] = {}
    numbers, count = [np.zeros(0, int)], 0
    for path, leaf in jax.tree.leaves_with_path(state):
        if is_number(leaf):
            where = path[:-1], leaf.shape
            if where not in first:
                first[where], count = count, count + leaf.size
            own = first[where] + np.arange(leaf.size)
            numbers += [own] * (2 if jnp.issubdtype(leaf.dtype, jnp.complexfloating) else 1)
    return np.concatenate(numbers)


def _found(draw: Callable[[int], list[np.ndarray]]) -> list[np.ndarray]:
    """Returns what is True in any of as many draws as it takes."""
    found, quiet, varies = draw(0), 1, False
    for number in itertools.count(1):
        new = draw(number)
        pairs = list(zip(found, new, strict=True))
        varies = varies or any((old != now).any() for old, now in pairs)
        quiet = 0 if any((now & ~old).any() for old, now in pairs) else quiet + 1
        found = [old | now for old, now in pairs]
        if quiet >= (_QUIET if varies else _ALIKE):
            break
    return found


def _patterns(cell: Cell, params: Params, state: State, x_t: Any) -> tuple[Array, list[Array]]:
    """Says which derivatives of a step, and of a first one, are not zero; NaN are not."""
    step = Step(cell, params, state, (x_t, None, None))

    def first_step(numbers: list[Array]) -> Array:
        start = cell.initial_state(with_numbers(params, numbers))
        return step(numbers, to_vector(numbers_of(start)))

    numbers, h = step.theta, step.h
    pull, pull_first = jax.vjp(step, numbers, h)[1], jax.vjp(first_step, numbers)[1]

    def row(unit: Array) -> tuple[Array, list[Array]]:
        by_params, by_state = pull(unit)
        (of_first,) = pull_first(unit)
        moved = [(x != 0) | (y != 0) for x, y in zip(by_params, of_first, strict=True)]
        return by_state != 0, moved

    # One row after another: all of them together are as many numbers as the influence itself.
    return jax.lax.map(row, jnp.eye(h.size, dtype=h.dtype))


def drawn(cell: Cell, like: tuple, key: Key) -> tuple[Params, State, Any]:
    """Draws parameters, a state and an input; what the cell holds at zero by itself stays there."""
    params, state, x_t = like
    of_own, of_part, key = jax.random.split(key, 3)
    own = cell.init(of_own, jax.tree.leaves(x_t)[0].shape[-1])
    # Prepared parameters may be fewer arrays than those that they are made of.
    keys = iter(jax.random.split(key, len(jax.tree.leaves((own, state, x_t)))))

    def draw(x: Any) -> Array:
        if not is_number(x):
            return jax.random.bernoulli(next(keys), 0.5, x.shape).astype(x.dtype)
        return jax.random.normal(next(keys), x.shape, x.dtype)

    # What saturates has no derivative: neither are sums over many units to do so, nor large biases.
    part = jax.random.uniform(of_part)

    def moved(x: Array) -> Array:
        far = draw(x) / (2 * math.sqrt(x.shape[-2] if x.ndim > 1 else 1))
        return part.astype(x.real.dtype) * x + far

    prepared = cell.prepare(jax.tree.map(lambda x: moved(x) if is_number(x) else x, own))
    shapes = [x.shape for x in jax.tree.leaves(params)]
    if [x.shape for x in jax.tree.leaves(prepared)] != shapes:
        xs = [x.shape for x in jax.tree.leaves(x_t)]
        raise ValueError(f"{cell} has no params of shapes {shapes} on inputs of {xs}")
    return prepared, jax.tree.map(draw, state), jax.tree.map(draw, x_t)
