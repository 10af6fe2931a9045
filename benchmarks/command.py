"""How the benchmarks are run from a command line."""

import sys
from collections.abc import Callable

from absl import flags


def carry_out(body: Callable[[], None]) -> int:
    """Reads the flags, runs `body`, and returns the exit code: 0, or 2 for wrong input."""
    try:
        rest = flags.FLAGS(sys.argv)[1:]
        if rest:
            raise ValueError(f"unexpected argument {rest[0]!r}: flags look like --name=value")
        body()
    except (flags.Error, ValueError, OSError) as error:
        print(f"error: {str(error).strip().partition(chr(10))[0]}", file=sys.stderr)
        return 2
    return 0
