"""Optax's optimizers by their text."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from rnnjax.text import read
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.typing import Array

# Fields of `Hyperparameters`, or made from them.
_OWN_FLAGS = {*Hyperparameters._fields, "key"}
# What the seed is folded with for noise in a rule, apart from all other uses of the seed.
NOISE = 2**31
# Optax takes any number for how much of an average is kept, and trains on nonsense.
_KEPT = {"b1", "b2", "b3", "adam_b1", "adam_b2", "beta", "beta3", "betas", "decay", "momentum"}


class OptaxRule(NamedTuple):
    """An optimizer of Optax by its name, and the arguments that its text gave.

    Example:
        >>> rule = read_rule("lion(b1=0.8)")
        >>> rule.name, rule.arguments, "weight_decay" in rule.parameters
        ('lion', {'b1': 0.8}, True)
    """

    name: str
    make: Callable[..., optax.GradientTransformation]
    arguments: Mapping[str, Any] = {}

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The parameters of Optax's function."""
        return inspect.signature(self.make).parameters

    def __call__(self, *positional: Any, **arguments: Any) -> "OptaxRule":
        """Returns the rule with arguments, as its text gives them."""
        if positional:
            raise ValueError("arguments of an optimizer are given by name")
        for name in arguments:
            if name in _OWN_FLAGS:
                own = "seed" if name == "key" else name
                raise ValueError(f"{own} is given by itself: --{own}, or {own} of Hyperparameters")
        inspect.signature(self.make).bind_partial(**arguments)
        for name in sorted(_KEPT & arguments.keys()):
            if self.parameters[name].default != 1:  # a weight, of optimistic_gradient_descent
                _check_kept(name, arguments[name])
        return self._replace(arguments=arguments)

    def transformation(
        self, learning_rate: Array, weight_decay: Array | None, seed: Array | int
    ) -> optax.GradientTransformation:
        """Returns what changes gradients into updates at one learning rate.

        A weight decay of None is the one that Optax gives the rule.
        """
        numbers: dict[str, Any] = {"learning_rate": learning_rate}
        if weight_decay is not None and "weight_decay" in self.parameters:
            numbers["weight_decay"] = weight_decay
        if "key" in self.parameters:
            numbers["key"] = jax.random.fold_in(jax.random.key(seed), NOISE)
        return self.make(**self.arguments, **numbers)


@functools.cache
def rules() -> Mapping[str, OptaxRule]:
    """Returns the functions of Optax that are called with a learning rate, by their names.

    Example:
        >>> sorted(rules())[:4]
        ['acprop', 'adabelief', 'adadelta', 'adafactor']
    """
    found = {}
    for module in (optax.contrib, optax):  # where both have a name, it is Optax's own
        for name, make in inspect.getmembers(module, _makes_optimizers):
            if not name.startswith(("_", "scale_by_")):
                found[name] = OptaxRule(name, make)
    return found


def read_rule(text: str) -> OptaxRule:
    """Returns the optimizer that `text` spells: a name, or a call such as `lion(b1=0.9)`.

    Raises:
        ValueError: if `text` spells none; the message is one line.

    Example:
        >>> read_rule("lyon")
        Traceback (most recent call last):
        ValueError: unknown name 'lyon'; did you mean lion?
    """
    name = text.partition("(")[0].strip()
    if name not in rules() and callable(getattr(optax, name, None)):
        raise ValueError(f"{name} of Optax is no optimizer that takes a learning rate")
    rule = read(text, rules())
    if not isinstance(rule, OptaxRule):
        raise ValueError(f"{text!r} is not an optimizer: name or call one of Optax's, such as adam")
    return rule


def check_rule(text: str, *, constant: bool) -> None:
    """Checks that an optimizer can be built and works on gradients alone, without running it.

    Args:
        text: the optimizer's.
        constant: whether the learning rate is the same at all updates.

    Raises:
        ValueError: if it cannot, or if the rate changes and the rule does not follow; the message
            is one line.

    Example:
        >>> check_rule("lbfgs", constant=True)
        Traceback (most recent call last):
        ValueError: lbfgs makes no update of gradients alone: ... arguments: 'value', 'grad', ...
    """
    rule = read_rule(text)
    params = {"matrix": jnp.zeros((3, 2)), "vector": jnp.zeros(2)}

    def update(rate: Array, number: Array, params: Any) -> tuple:
        first = rule.transformation(number, number, seed=0)
        state = first.init(params)
        later = rule.transformation(rate, number, seed=0)
        updates, after = later.update(params, state, params)
        return (params, state), (updates, after)

    try:
        number = jnp.float32(1)
        jaxpr, shapes = jax.make_jaxpr(update, return_shape=True)(number, number, params)
    except Exception as error:  # what a wrong argument leads to in Optax may be anything
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{text} makes no update of gradients alone: {reason}") from None
    before, after = (jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), part) for part in shapes)
    if before != after:
        raise ValueError(f"{text} changes the shapes of what it is given")
    rate = jaxpr.jaxpr.invars[0]
    if not constant and not any(rate in equation.invars for equation in jaxpr.jaxpr.eqns):
        raise ValueError(f"{text} starts from the learning rate: its schedule must be constant")


def default_weight_decay(text: str) -> float | None:
    """Returns the weight decay that Optax gives an optimizer by itself, None where it takes none.

    Raises:
        ValueError: if `text` spells no optimizer.

    Example:
        >>> default_weight_decay("adamw(b2=0.95)"), default_weight_decay("adam")
        (0.0001, None)
    """
    parameter = read_rule(text).parameters.get("weight_decay")
    return None if parameter is None else float(parameter.default or 0.0)


def _check_kept(name: str, value: Any) -> None:
    """Checks how much of an average is kept at each update, or of several averages."""
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, int | float) and not 0 <= np.float32(number) < 1:
            raise ValueError(f"{name} must be at least 0 and less than 1; got {number!r}")


def _makes_optimizers(value: object) -> bool:
    if isinstance(value, type) or not callable(value):
        return False
    try:
        return "learning_rate" in inspect.signature(value).parameters
    except ValueError:  # types of functions can be called, but have no signature
        return False
