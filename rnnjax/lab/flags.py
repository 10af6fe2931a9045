"""Flags, defined of the fields of values, read once."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from absl import flags

from rnnjax.settings.fields import Field, fields_of


class Given(NamedTuple):
    """What a command line says.

    Attributes:
        texts: what was said, by flag.
        values: what it comes to, with the defaults.
    """

    texts: dict[str, str]
    values: dict[str, Any]

    def of(self, kind: type) -> Any:
        """Returns a value of a class of options, of its own flags."""
        return kind(**{name: self.values[name] for name in fields_of(kind)})


class _Parser(flags.ArgumentParser):
    """Reads one flag as its field does."""

    def __init__(self, field: Field):
        super().__init__()
        self._field = field

    def parse(self, argument: Any) -> Any:
        """Returns the value."""
        return self._field.parse(argument) if isinstance(argument, str) else argument

    def flag_type(self) -> str:
        """Names the type, for absl's own help."""
        return self._field.kind.__name__


class _Serializer(flags.ArgumentSerializer):
    """Spells the value of one flag as its field does."""

    def __init__(self, field: Field):
        self._field = field

    def serialize(self, value: Any) -> str:
        """Returns the text."""
        return self._field.format(value)


def define(fields: Mapping[str, Field]) -> flags.FlagValues:
    """Returns flags for fields, in an object of their own: no other has to know them."""
    known = flags.FlagValues()
    for name, field in fields.items():
        if field.kind is bool:
            flags.DEFINE_boolean(name, field.default, field.help, flag_values=known)
        else:
            flags.DEFINE(
                _Parser(field),
                name,
                field.default,
                field.help,
                flag_values=known,
                serializer=_Serializer(field),
            )
    return known


def read(argv: Sequence[str], fields: Mapping[str, Field]) -> Given:
    """Reads a command line.

    Raises:
        flags.Error: if a flag is unknown, or a text spells no value of it.
        ValueError: if something else than flags stands there.
    """
    known = define(fields)
    rest = known(list(argv))[1:]
    if rest:
        raise ValueError(f"unexpected argument {rest[0]!r}: flags look like --name=value")
    values = {name: known[name].value for name in fields}
    texts = {
        name: field.format(values[name]) for name, field in fields.items() if known[name].present
    }
    return Given(texts, values)


def help_text(title: str, groups: Mapping[str, Mapping[str, Field]]) -> str:
    """Returns flags in groups, each with its default and what it takes."""
    lines = [title]
    for group, fields in groups.items():
        lines += ["", f"{group}:"]
        for name, field in fields.items():
            kinds = f" One of {', '.join(field.choices)}." if field.choices else ""
            usual = "" if field.default is None else f" (default {field.format(field.default)})"
            body = textwrap.fill(
                f"{field.help}{kinds}{usual}", 92, initial_indent=" " * 4, subsequent_indent=" " * 4
            )
            lines += [f"  --{name}", body]
    return "\n".join(lines)
