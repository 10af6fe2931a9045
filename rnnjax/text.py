"""Reads the constructor calls that values print as, without evaluating any other code."""

import ast
import difflib
from collections.abc import Mapping

# What a call that is given the wrong values raises; anything else is a fault of the code called.
_COMPLAINTS = (TypeError, ValueError, ArithmeticError, AttributeError, LookupError)


_LEAST = 2.0**-126  # XLA takes what is smaller for 0
_MOST = (2 - 2.0**-24) * 2.0**127  # what is larger rounds to infinity


def lost_in_single(number: float) -> str:
    """Says what becomes of a number in single precision, where that is 0 or infinity; else nothing.

    Example:
        >>> lost_in_single(1e-46), lost_in_single(-1e39), lost_in_single(0.1), lost_in_single(0.0)
        ('1e-46 is 0 in single precision', '-1e+39 is infinite in single precision', '', '')
    """
    size = abs(number)
    if 0 < size < _LEAST:
        return f"{number:.8g} is 0 in single precision"
    return f"{number:.8g} is infinite in single precision" if size >= _MOST else ""


def named(value: object) -> str:
    """Says what was given in the place of something else: a class by its name.

    Example:
        >>> named(int), named(3)
        ('the class int', '3')
    """
    return f"the class {value.__name__}" if isinstance(value, type) else repr(value)


def read(text: str, names: Mapping[str, object]) -> object:
    """Returns the value that `text` spells.

    Args:
        text: a literal, one of `names`, or a call of one of them with such values as arguments,
            nested as deep as one likes: `Stack((LSTM(128), GRU(64)))`.
        names: what may be named and called. A name may have dots, as "mycells.LEM"; that is looked
            up as a whole, so nothing can be reached that is not in here.

    Raises:
        ValueError: if `text` is anything else, or a call refuses its arguments; the message is one
            line and says which part is wrong.

    Example:
        >>> read("dict(sizes=(2, 3))", {"dict": dict})
        {'sizes': (2, 3)}
    """
    try:
        return _value(_parsed(text), names)
    except (MemoryError, RecursionError):
        raise ValueError(f"cannot read {text[:40]!r}...: it is nested too deep") from None


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"cannot read {text!r}: {error.msg}") from None
    except ValueError:  # a null byte
        raise ValueError(f"cannot read {text[:40]!r}...: no constructor call") from None


def _value(node: ast.expr, names: Mapping[str, object]) -> object:
    match node:
        case ast.Constant(int() | float() as value) if said := _lost(value):
            raise ValueError(said)
        case ast.Constant(value):
            return value
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float()) as inner):
            return -_value(inner, names)  # pyright: ignore[reportOperatorIssue]
        case ast.Tuple(items) | ast.List(items):
            return tuple(_value(item, names) for item in items)
        case ast.Name() | ast.Attribute() if name := _dotted(node, names):
            if name not in names:
                raise ValueError(f"unknown name {name!r}; {_hint(name, names)}")
            return names[name]
        case ast.Call(ast.Name() | ast.Attribute() as called, arguments, keywords) if all(
            k.arg for k in keywords
        ):
            make = _value(called, names)
            if not callable(make):
                raise ValueError(f"{ast.unparse(called)} is not to be called")
            positional = [_value(a, names) for a in arguments]
            named = {str(k.arg): _value(k.value, names) for k in keywords}
            if len(named) < len(keywords):
                raise ValueError(f"{ast.unparse(node)}: an argument is named twice")
            try:
                return make(*positional, **named)
            except _COMPLAINTS as error:
                message = str(error).replace(".__init__()", "").partition("\n")[0]
                raise ValueError(f"{ast.unparse(node)}: {message}") from None
    raise ValueError(f"cannot read {ast.unparse(node)!r}: only names, numbers, tuples and calls")


def _dotted(node: ast.expr, names: Mapping[str, object]) -> str | None:
    """Returns a name, with its dots if it has any; None for what an attribute of a value is."""
    attributes = []
    while isinstance(node, ast.Attribute):
        attributes.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    name = ".".join([node.id, *attributes])
    return None if attributes and node.id in names and name not in names else name


def _lost(number: float) -> str:
    try:
        return lost_in_single(number)
    except OverflowError:  # a whole number of some hundred digits
        return "a whole number of so many digits is infinite in single precision"


_SHOWN = 12  # names in a message


def _hint(name: str, names: Mapping[str, object]) -> str:
    """Says which known name may have been meant: one without its module counts as well."""
    plain = {known.rpartition(".")[2].casefold(): known for known in names}
    plain |= {known.casefold(): known for known in names}
    near = difflib.get_close_matches(name.casefold(), plain, n=1)
    if near:
        return f"did you mean {plain[near[0]]}?"
    shown = sorted(names)[:_SHOWN]
    more = f", and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"known: {', '.join(shown)}{more}"
