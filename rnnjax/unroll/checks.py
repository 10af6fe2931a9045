"""What is asked of a call before anything runs."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
from jax.core import Tracer

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.cells.noise import unpack
from rnnjax.typing import Array, Params, State


def check_inputs(state: State, xs: Any, mask: Array | None, reset: Array | None) -> None:
    """Refuses what is no sequence, no state, and masks that do not fit; see `Engine`."""
    for leaf in jax.tree.leaves(state):
        if not hasattr(leaf, "dtype"):
            raise TypeError(f"a state is made of arrays; got {type(leaf).__name__}")
    leaves = jax.tree.leaves(unpack(xs).x)  # noise is looked at when the cell is known to have it
    for leaf in leaves or [xs]:
        if not hasattr(leaf, "dtype"):
            raise TypeError(f"xs must be an array; got {type(xs).__name__}")
    shapes = [leaf.shape for leaf in leaves]
    if any(len(shape) < 2 or shape[:-1] != shapes[0][:-1] for shape in shapes):
        got = shapes[0] if len(shapes) == 1 else f"the shapes {shapes}"
        raise ValueError(f"xs must be [T, ..., D], time first and features last; got {got}")
    for name, flag in (("mask", mask), ("reset", reset)):
        if flag is not None:
            _check_flag(name, flag, shapes[0])


def _check_flag(name: str, flag: Array, shape: tuple[int, ...]) -> None:
    if not hasattr(flag, "dtype"):
        raise TypeError(f"{name} must be an array; got {type(flag).__name__}")
    if flag.dtype != bool:
        raise TypeError(f"{name} must be boolean; got {flag.dtype}")
    if flag.ndim < 1 or flag.ndim >= len(shape) or flag.shape != shape[: flag.ndim]:
        raise ValueError(
            f"{name} {flag.shape} does not fit xs {shape}: it must be [T, ...], "
            f"here {shape[:-1]} or its first axes"
        )


def check_each(cell: Cell, name: str, made: Any, leading: tuple[int, ...]) -> None:
    """Refuses what a cell makes of all steps at once, where an array of it is not of each step.

    One without the axes of time and batch would be taken for one whose first axis is time.

    Args:
        cell: the recurrence.
        name: of its method.
        made: what that returned for inputs `[T, ..., D]`.
        leading: T and the batch axes.

    Raises:
        ValueError: if it is not of each step.
    """
    if any(leaf.shape[: len(leading)] != leading for leaf in jax.tree.leaves(made)):
        raise ValueError(
            f"{cell}: {name} of inputs [T, ..., D] must return arrays [T, ..., *], {leading} first;"
            f" got {_shapes(made)}"
        )


def traced_field(value: Any) -> str | None:
    """Returns the name of a field of a cell, or of one in it, that closes over a traced value."""
    for field in dataclasses.fields(value):
        for one in jax.tree.leaves(getattr(value, field.name), is_leaf=callable):
            if isinstance(one, Cell):
                if (inner := traced_field(one)) is not None:
                    return inner
            elif any(isinstance(leaf, Tracer) for leaf in _closed_over(one)):
                return field.name
    return None


def _closed_over(function: Any) -> list[Any]:
    """Returns what a function, or a value that is called, has from outside, where it says so."""
    if isinstance(function, functools.partial):
        found = [function.func, function.args, function.keywords]
        return [one for inner in found for one in [*jax.tree.leaves(inner), *_closed_over(inner)]]
    cells = getattr(function, "__closure__", None) or ()
    defaults = getattr(function, "__defaults__", None) or ()
    owner = getattr(function, "__self__", function)  # of a method, the value that it is of
    fields = () if isinstance(owner, type) else getattr(owner, "__dict__", {}).values()
    return jax.tree.leaves([*(cell.cell_contents for cell in cells), *defaults, *fields])


def check_call(cell: Cell, params: Params, state: State, xs: Any) -> None:
    """Refuses a cell, parameters, a state and inputs that do not fit each other; see `Engine`."""
    x, noise = unpack(xs)
    on = f"on xs {_shapes(x)}"
    own = _own_params(cell, jax.tree.leaves(x)[0].shape[-1])
    if not (_alike(params, own) and _shapes(params) == _shapes(own)):
        raise ValueError(f"{cell} takes params like {_shapes(own)} {on}; got {_shapes(params)}")
    batch = leading_axes(xs)[1:]
    if noise is not None:
        _check_noise(cell, params, noise, leading_axes(xs))
    wanted = _shapes_of(
        lambda params: cell.initial_state(params, batch),
        (params,),
        f"{cell} has no state with these params {on}",
    )
    if not (_alike(state, wanted) and _shapes(state) == _shapes(wanted)):
        raise ValueError(f"{cell} {on} takes a state of {_shapes(wanted)}; got {_shapes(state)}")
    x_t = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), xs)
    after, _ = _shapes_of(
        cell.step, (params, state, x_t), f"{cell} does not run with these params {on}"
    )
    if not (_alike(after, state) and _dtypes(after) == _dtypes(state)):
        raise TypeError(f"a step of {cell} makes {_dtypes(after)} of a state of {_dtypes(state)}")


def _check_noise(cell: Cell, params: Params, noise: Any, leading: tuple[int, ...]) -> None:
    drawn = jax.eval_shape(lambda params: cell.draw(jax.random.key(0), params, leading), params)
    if drawn is None:
        raise ValueError(f"{cell} takes no noise; got {_shapes(noise)}")
    if not (_alike(noise, drawn) and _shapes(noise) == _shapes(drawn)):
        raise ValueError(f"{cell} takes noise of {_shapes(drawn)}; got {_shapes(noise)}")


@functools.lru_cache(maxsize=1024)
def _own_params(cell: Cell, input_dim: int) -> Any:
    """Returns the shapes and dtypes of a cell's parameters."""
    # The key is made within: made without it would be a step of the program around the call.
    return jax.eval_shape(lambda: cell.init(jax.random.key(0), input_dim))


def _shapes_of(function: Callable[..., Any], arguments: tuple, otherwise: str) -> Any:
    """Returns the shapes and dtypes of a result without computing it, or says `otherwise`."""
    try:
        return jax.eval_shape(function, *arguments)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        reason = (str(error) or type(error).__name__).partition("\n")[0]
        raise ValueError(f"{otherwise}: {reason}") from error


def _alike(tree: State, other: State) -> bool:
    return jax.tree.structure(tree) == jax.tree.structure(other)


def _shapes(tree: State) -> Any:
    return jax.tree.map(lambda leaf: leaf.shape, tree)


def _dtypes(tree: State) -> Any:
    return jax.tree.map(lambda leaf: str(leaf.dtype), tree)
