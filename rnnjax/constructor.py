"""Reads the constructor calls that values print as, without evaluating any other code."""

import ast
import difflib
from collections.abc import Mapping


def read(text: str, names: Mapping[str, object]) -> object:
    """Returns the value that `text` spells.

    Args:
        text: a literal, one of `names`, or a call of one of them with such values as arguments,
            nested as deep as one likes: `Stack((LSTM(128), GRU(64)))`.
        names: what may be named and called.

    Raises:
        ValueError: if `text` is anything else, or a call refuses its arguments; the message is one
            line and says which part is wrong.

    Example:
        >>> read("dict(sizes=(2, 3))", {"dict": dict})
        {'sizes': (2, 3)}
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"cannot read {text!r}: {error.msg}") from None
    except (MemoryError, RecursionError, ValueError):  # nested too deep, or a null byte
        raise ValueError(f"cannot read {text[:40]!r}...: no constructor call") from None
    return _value(tree, names)


def _value(node: ast.expr, names: Mapping[str, object]) -> object:
    match node:
        case ast.Constant(value):
            return value
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
            return -value
        case ast.Tuple(items) | ast.List(items):
            return tuple(_value(item, names) for item in items)
        case ast.Name(name):
            if name not in names:
                plain = {known.casefold(): known for known in names}
                near = difflib.get_close_matches(name.casefold(), plain, n=1)
                known = ", ".join(sorted(names))
                hint = f"did you mean {plain[near[0]]}?" if near else f"known: {known}"
                raise ValueError(f"unknown name {name!r}; {hint}")
            return names[name]
        case ast.Call(ast.Name() as called, arguments, keywords) if all(k.arg for k in keywords):
            make = _value(called, names)
            if not callable(make):
                raise ValueError(f"{called.id} is not to be called")
            positional = [_value(a, names) for a in arguments]
            named = {str(k.arg): _value(k.value, names) for k in keywords}
            if len(named) < len(keywords):
                raise ValueError(f"{ast.unparse(node)}: an argument is named twice")
            try:
                return make(*positional, **named)
            except (TypeError, ValueError) as error:
                message = str(error).replace(".__init__()", "").partition("\n")[0]
                raise ValueError(f"{ast.unparse(node)}: {message}") from None
    raise ValueError(f"cannot read {ast.unparse(node)!r}: only names, numbers, tuples and calls")
