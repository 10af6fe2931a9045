"""How the benchmarks are run from a command line."""

import sys
import textwrap
from collections.abc import Callable, Sequence

from absl import flags


def carry_out(body: Callable[[], None], about: Callable[[], str] = str) -> int:
    """Reads the flags, runs `body`, and returns the exit code: 0, or 2 for wrong input.

    Args:
        body: what the command does.
        about: what `--help` shows below the module's own text and its flags.
    """
    if "--help" in sys.argv[1:]:
        print(f"{_help_text()}\n{about()}".strip())
        return 0
    try:
        rest = flags.FLAGS(sys.argv)[1:]
        if rest:
            raise ValueError(f"unexpected argument {rest[0]!r}: flags look like --name=value")
        body()
    except (flags.Error, ValueError, OSError) as error:
        print(f"error: {str(error).strip().partition(chr(10))[0]}", file=sys.stderr)
        return 2
    return 0


def named(flag: str, names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Returns the names that a flag gives.

    Raises:
        ValueError: if one of them is not known, or there is none.
    """
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        what = repr(wrong[0]) if wrong else "nothing"
        raise ValueError(f"--{flag} names {what}; there are {', '.join(known)}")
    return list(names)


def _help_text() -> str:
    """Returns what the module that runs says of itself, and its flags."""
    lines = [(sys.modules["__main__"].__doc__ or "").strip(), "", "Flags:"]
    for flag in flags.FLAGS.get_key_flags_for_module(sys.argv[0]):
        lines += [f"  --{flag.name}", textwrap.indent(textwrap.fill(flag.help, 92), "    ")]
    return "\n".join(lines)
