"""Shapes that a learning rate has over a run, by their text."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import optax

from rnnjax.text import read
from rnnjax.typing import Array

# From the updates since the warm-up, and how many there are to be, to a factor of the highest rate.
Shape = Callable[[Array, Array], Array | float]


def _done(since: Array, length: Array) -> Array:
    return jnp.minimum(since / length, 1)


SHAPES: dict[str, Shape] = {
    "constant": lambda since, length: 1.0,
    "cosine": lambda since, length: 0.5 * (1 + jnp.cos(jnp.pi * _done(since, length))),
    "linear": lambda since, length: 1 - _done(since, length),
}


def read_schedule(text: str, steps: int) -> Shape:
    """Returns the shape that `text` spells.

    Args:
        text: "constant"; "cosine" or "linear", which fall to zero at the end of the run; or a call
            of one of Optax's schedules, `exponential_decay(transition_steps=100, decay_rate=0.9)`.
            Optax's are factors of the highest rate, so their `value`, `peak_value`, or `init_value`
            where there is no peak, is 1 if it is not given, and `decay_steps` and
            `transition_steps` are `steps`. `boundaries_and_scales` are pairs, `((100, 0.1),)`.
        steps: updates in all.

    Raises:
        ValueError: if `text` spells no schedule; the message is one line.

    Example:
        >>> shape = read_schedule("linear_schedule(end_value=0.5, transition_steps=10)", steps=100)
        >>> float(shape(5, 100)), float(shape(50, 100))
        (0.75, 0.5)
    """
    if text.strip() in SHAPES:
        return SHAPES[text.strip()]
    calls = {name: _given(make, steps) for name, make in _schedules().items()}
    value: Any = read(text, {**dict.fromkeys(SHAPES), **calls, "dict": dict})
    if value in calls.values():
        value = read(f"{text}()", calls)
    if not callable(value) or isinstance(value, type):
        raise ValueError(f"{text!r} is not a schedule: {', '.join(SHAPES)}, or one of Optax's")
    return lambda since, length: value(since)  # pyright: ignore[reportReturnType]


def check_schedule(text: str, steps: int) -> None:
    """Checks that `text` spells a schedule whose factors are finite and not negative.

    Raises:
        ValueError: if it does not; the message is one line.

    Example:
        >>> check_schedule("linear_schedule(end_value=-1)", steps=100)
        Traceback (most recent call last):
        ValueError: linear_schedule(end_value=-1) is -0.98 times the learning rate at update 99
    """
    shape = read_schedule(text, steps)
    for since in sorted({0, steps // 2, steps - 1}):
        try:
            factor = float(shape(jnp.asarray(since), jnp.asarray(steps)))
        except Exception as error:  # what a wrong argument leads to in Optax may be anything
            raise ValueError(f"{text}: {str(error).partition(chr(10))[0]}") from None
        if not 0 <= factor < math.inf:
            raise ValueError(f"{text} is {factor:.3g} times the learning rate at update {since}")


def _schedules() -> dict[str, Callable[..., optax.Schedule]]:
    """Returns the functions of Optax that make schedules."""
    found = inspect.getmembers(optax.schedules, inspect.isfunction)
    return {name: make for name, make in found if not name.startswith(("_", "inject_"))}


def _given(make: Callable[..., optax.Schedule], steps: int) -> Callable[..., optax.Schedule]:
    """Returns a schedule's function with the defaults that a factor of the learning rate has."""
    signature = inspect.signature(make)
    defaults: dict[str, Any] = {"value": 1.0, "init_value": 1.0}
    if "peak_value" in signature.parameters:
        defaults = {"init_value": 0.0, "peak_value": 1.0}
    defaults |= {"decay_steps": steps, "transition_steps": steps}

    def call(*positional: Any, **named: Any) -> optax.Schedule:
        given = signature.bind_partial(*positional, **named).arguments
        missing = {name: defaults[name] for name in signature.parameters if name in defaults}
        arguments = missing | given
        if "boundaries_and_scales" in arguments:
            arguments["boundaries_and_scales"] = dict(arguments["boundaries_and_scales"])
        signature.bind(**arguments)  # says what is missing without the function's path
        return make(**arguments)

    return call
