"""What every cell has by itself, whoever wrote it; see `Cell.__init_subclass__`."""

import contextlib
import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from rnnjax.typing import Key, Params


def of_a_size(init: Callable[..., Params]) -> Callable[..., Params]:
    """Returns `Cell.init` that refuses what is no size."""

    @functools.wraps(init)
    def checked(self: Any, key: Key, input_dim: int) -> Params:
        whole = hasattr(input_dim, "__index__") and not isinstance(input_dim, bool)
        if not ((whole or export.is_symbolic_dim(input_dim)) and input_dim >= 1):
            raise ValueError(
                f"{self}: input_dim must be a whole number of 1 or more; got {input_dim!r}"
            )
        return init(self, key, input_dim)

    return checked


def in_memory_of_its_own(make: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that returns no array twice."""

    @functools.wraps(make)
    def made(*arguments: Any, **named: Any) -> Any:
        seen: set[int] = set()

        def own(leaf: Any) -> Any:
            if id(leaf) in seen:
                return jnp.copy(leaf)
            seen.add(id(leaf))
            return leaf

        return jax.tree.map(own, make(*arguments, **named))

    return made


def register_namedtuples(names: Mapping[str, Any]) -> None:
    """Lets `jax.export` store programs that take parameters and states of those types.

    Args:
        names: what a module or a class defines or imports, by its names.
    """
    for kind in [*names.values()]:
        if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
            name = f"{kind.__module__}.{kind.__qualname__}"
            with contextlib.suppress(ValueError):  # it is there already, or another of its name
                export.register_namedtuple_serialization(kind, serialized_name=name)
