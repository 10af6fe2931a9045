"""The command line inside the test's own process, which spares the seconds that JAX takes."""

import contextlib
import io
from typing import NamedTuple
from unittest import mock

from rnnjax import training
from rnnjax.lab import devices
from rnnjax.lab.main import main


class Outcome(NamedTuple):
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> tuple[str, dict[str, str]]:
        """The last line printed: the run's name, and the numbers by their names."""
        name, *words = self.out.splitlines()[-1].split()
        return name, dict(word.split("=", 1) for word in words)


def launched(*argv: object) -> Outcome:
    """Runs `launch.py` with these arguments, on the devices that there are."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(devices, "use_cache"),
        mock.patch.object(training, "use_cores_as_devices"),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = main(["launch.py", *map(str, argv)])
    return Outcome(code, out.getvalue(), err.getvalue())
