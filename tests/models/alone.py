"""What layers are measured against: each sequence of a padded, packed batch run alone."""

import functools

import jax
import numpy as np

from rnnjax.cells import Cell
from rnnjax.typing import Array, Params, State


@functools.partial(jax.jit, static_argnums=0)
def step(cell: Cell, params: Params, state: State, x_t: Array) -> tuple[State, Array]:
    """Runs one step, compiled once for all."""
    return cell.step(params, state, x_t)


def sequences(mask: np.ndarray, reset: np.ndarray) -> list[list[int]]:
    """Lists the steps of each sequence in one row; masked steps are no steps.

    Args:
        mask: boolean `[T]`.
        reset: boolean `[T]`.
    """
    found: list[list[int]] = [[]]
    for t in range(len(mask)):
        if mask[t] and reset[t]:
            found.append([])
        if mask[t]:
            found[-1].append(t)
    return found


def row(
    cell: Cell,
    params: Params,
    state: State,
    xs: np.ndarray,
    mask: np.ndarray,
    reset: np.ndarray,
    *,
    backward: bool,
) -> tuple[State, np.ndarray]:
    """Runs each sequence of one row alone and puts the outputs where the inputs were.

    The state given is that before the first step, in the direction in which time runs, unless a
    sequence begins there.
    """
    initial = cell.initial_state(params)
    ys = np.zeros((len(xs), cell.output_dim), np.float32)
    order = sequences(mask, reset)
    for index, steps in enumerate(order[::-1] if backward else order):
        steps = steps[::-1] if backward else steps
        if not steps:  # those before the first reset may be none
            continue
        if index > 0:
            state = initial
        for t in steps:
            state, ys[t] = step(cell, params, state, xs[t])
    return state, ys
