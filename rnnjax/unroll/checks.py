"""What is asked of a call before anything runs."""

from collections.abc import Callable
from typing import Any

import jax

from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params, State


def check_call(
    cell: Cell, params: Params, state: State, xs: Array, mask: Array | None, reset: Array | None
) -> None:
    """Refuses arguments that do not fit each other; see `Engine` for what is raised."""
    check_inputs(xs, mask, reset)
    batch, given = xs.shape[1:-1], f"with these params on xs {xs.shape}"
    wanted = _shapes_of(
        lambda params: cell.initial_state(params, batch), (params,), f"{cell} has no state {given}"
    )
    for leaf in jax.tree.leaves(state):
        if not hasattr(leaf, "dtype"):
            raise TypeError(f"a state is made of arrays; got {type(leaf).__name__}")
    if _shapes(state) != _shapes(wanted):
        raise ValueError(
            f"{cell} on xs {xs.shape} takes a state of {_shapes(wanted)}; got {_shapes(state)}"
        )
    x_t = jax.ShapeDtypeStruct(xs.shape[1:], xs.dtype)
    after, _ = _shapes_of(cell.step, (params, state, x_t), f"{cell} does not run {given}")
    if _dtypes(after) != _dtypes(state):
        raise TypeError(f"a step of {cell} makes {_dtypes(after)} of a state of {_dtypes(state)}")


def check_inputs(xs: Array, mask: Array | None, reset: Array | None) -> None:
    """Refuses what is no sequence, and masks that do not fit it."""
    flags = {name: flag for name, flag in (("mask", mask), ("reset", reset)) if flag is not None}
    for name, given in {"xs": xs, **flags}.items():
        if not hasattr(given, "dtype"):
            raise TypeError(f"{name} must be an array; got {type(given).__name__}")
    if xs.ndim < 2:
        raise ValueError(f"xs must be [T, ..., D], time first and features last; got {xs.shape}")
    for name, flag in flags.items():
        if flag.dtype != bool:
            raise TypeError(f"{name} must be boolean; got {flag.dtype}")
        if flag.ndim < 1 or flag.ndim >= xs.ndim or flag.shape != xs.shape[: flag.ndim]:
            raise ValueError(f"{name} {flag.shape} does not fit xs {xs.shape}: it must be [T, ...]")


def _shapes_of(function: Callable[..., Any], arguments: tuple, otherwise: str) -> Any:
    """Returns the shapes and dtypes of a result without computing it, or says `otherwise`."""
    try:
        return jax.eval_shape(function, *arguments)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        reason = (str(error) or type(error).__name__).partition("\n")[0]
        raise ValueError(f"{otherwise}: {reason}") from error


def _shapes(tree: State) -> Any:
    return jax.tree.map(lambda leaf: leaf.shape, tree)


def _dtypes(tree: State) -> Any:
    return jax.tree.map(lambda leaf: str(leaf.dtype), tree)
