"""Names for the arrays that every part of the library passes around.

Dimension letters, in docstrings and comments:

    T  time          D  input features       G  gate units (4H for an LSTM)
    B  batch         H  hidden units         E  population (ensemble) members
                     K  output features

Time comes first and features last; any number of batch axes, none included, lies between:
a sequence is `[T, ..., D]`, one step of it `[..., D]`.
"""

import dataclasses
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn, Self, dataclass_transform

import jax

Array = jax.Array
Key = jax.Array  # a typed PRNG key, as `jax.random.key(0)` makes
Params = Any  # a pytree of arrays: a cell's NamedTuple, or a tuple of them
State = Any  # a pytree of arrays, each with the batch axes leading


class _Frozen:
    """Refuses assignment, for the dataclasses below."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


@dataclass_transform(frozen_default=True)
class Static(_Frozen):
    """A frozen dataclass that JAX treats as a constant: cells, engines and tasks are of this kind.

    Subclassing is all it takes, no decorator. Instances compare and hash by value and are pytrees
    without leaves, so an equal instance made again reuses what was compiled for the first, can be
    an ordinary argument of a jitted function, and prints as the call that makes it. A copy is the
    instance itself; a pickle holds the values of the fields, functions by their names.

    Example:
        >>> class Decay(Static):
        ...     rate: float = 0.5
        >>> Decay(), Decay() == Decay(rate=0.5), jax.tree.leaves(Decay())
        (Decay(rate=0.5), True, [])
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Makes the subclass a dataclass and tells JAX about it."""
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(frozen=True, repr=False)(cls)
        # `_Frozen` does the refusing. Without copies of its own the class may carry an explicit
        # `@dataclass(frozen=True)` as well, which refuses to replace them.
        del cls.__setattr__, cls.__delattr__
        jax.tree_util.register_static(cls)

    def __repr__(self) -> str:
        fields = dataclasses.fields(self)  # pyright: ignore[reportArgumentType]
        # What can be given by its name alone is a detail, and said where it is not the default.
        said = [f for f in fields if not f.kw_only]
        said += [f for f in fields if f.kw_only and getattr(self, f.name) != f.default]
        arguments = ", ".join(f"{f.name}={_text(getattr(self, f.name))}" for f in said)
        return f"{type(self).__name__}({arguments})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple:
        return _made, (type(self), portable_fields(self))


def portable_fields(value: Static) -> dict[str, Any]:
    """Returns the fields of a constant in a form that pickles; loaded, they are the fields again.

    For a `__reduce__` of one's own, such as that of a class which cannot be found by its name.

    Example:
        >>> import pickle
        >>> class Scaled(Static):
        ...     scale: float = 0.5
        ...     activation: Callable = jax.nn.relu
        >>> pickle.loads(pickle.dumps(portable_fields(Scaled()))) == vars(Scaled())
        True
    """
    fields = dataclasses.fields(value)  # pyright: ignore[reportArgumentType]
    return {field.name: _portable(getattr(value, field.name)) for field in fields}


def _made(kind: Callable[..., Any], fields: dict[str, Any]) -> Any:
    return kind(**fields)


class _ByName:
    """Stands in a pickle for a function that pickles only by its name: jitted, `custom_jvp`."""

    def __init__(self, module: str, name: str) -> None:
        self.address = module, name

    def __reduce__(self) -> tuple:
        return _found, self.address


def _found(module: str, name: str) -> Any:
    __import__(module)
    found = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _portable(value: Any) -> Any:
    if type(value) is tuple:
        return tuple(map(_portable, value))
    plain = isinstance(value, Static | type | types.FunctionType)  # pickle knows what to do
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if plain or not callable(value) or not (isinstance(module, str) and isinstance(name, str)):
        return value
    try:
        return _ByName(module, name) if _found(module, name) is value else value
    except (AttributeError, ImportError):
        return value


def _text(value: object) -> str:
    """Returns what to type for `value`; functions go by their names."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))}{',' * (len(value) == 1)})"
    if isinstance(value, Callable) and not isinstance(value, Static):
        return getattr(value, "__name__", repr(value))
    return repr(value)
