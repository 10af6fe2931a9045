"""Tools by their names, and calls of them as text."""

import functools
import inspect
import typing
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from rnnjax import text
from rnnjax.analysis.tools.findings import Findings
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between

Tool = Callable[..., Findings]  # of a `LoadedRun` and settings by name


def read_tool(said: str, tools: Iterable[Tool]) -> tuple[str, Callable[[LoadedRun], Findings]]:
    """Returns a tool with settings, and its name.

    Args:
        said: a name, or a call with settings: `fixed_points(starts=256)`.
        tools: the functions there are; a setting is an argument by name with a default, whose type
            and bounds are those of its annotation.

    Raises:
        ValueError: if there is no such tool, with the list of those there are, or it has no such
            setting.

    Example:
        >>> def count(run, *, most: Annotated[int, Between(1)] = 3):
        ...     return most
        >>> name, tool = read_tool("count(most=2)", [count])
        >>> name, tool(None)
        ('count', 2)
    """
    known = {tool.__name__: tool for tool in tools}
    name = said.partition("(")[0].strip()
    if name not in known:
        raise ValueError(f"--tool={said}: the tools are {', '.join(known)}")
    made: Any = text.read(said, {name: functools.partial(_with_settings, known[name])})
    return name, made() if "(" not in said else made


def describe(tool: Tool) -> str:
    """Returns what a tool does and how it is called, in a line.

    Example:
        >>> def count(run, *, most: int = 3):
        ...     "Counts."
        >>> describe(count)
        'count(most=3): Counts.'
    """
    settings = list(inspect.signature(tool).parameters.values())[1:]
    said = ", ".join(f"{one.name}={one.default!r}" for one in settings)
    return f"{tool.__name__}({said}): {(inspect.getdoc(tool) or '').partition(chr(10))[0]}"


def _with_settings(tool: Tool, *unnamed: Any, **settings: Any) -> Callable[[LoadedRun], Findings]:
    own = list(inspect.signature(tool).parameters)[1:]
    if unnamed:
        raise ValueError(f"settings are given by name; it has {', '.join(own)}")
    hints = typing.get_type_hints(tool, include_extras=True)
    for name, value in settings.items():
        if name not in own:
            raise ValueError(f"{tool.__name__} has no {name}; it has {', '.join(own)}")
        _check(name, value, hints[name])
    return functools.partial(tool, **settings)


def _check(name: str, value: object, hint: Any) -> None:
    """Refuses a value of another kind than the annotation's, or out of its bounds.

    Raises:
        ValueError: if it is one.
    """
    within = Between()
    if typing.get_origin(hint) is Annotated:
        hint, *notes = typing.get_args(hint)
        within = next((note for note in notes if isinstance(note, Between)), within)
    kind = typing.get_origin(hint) or hint
    kinds = (int, float) if kind is float else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise ValueError(f"{name}={value!r} is not of the type {kind.__name__}")
    if kind is tuple:
        for i, part in enumerate(value):  # pyright: ignore[reportArgumentType]
            _check(f"{name}[{i}]", part, typing.get_args(hint)[0])
    if kind in (int, float) and value not in within:
        raise ValueError(f"{name}={value!r} is not {within}")
