"""The launcher inside the test's own process, which spares the seconds that JAX takes to start."""

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import NamedTuple
from unittest import mock

from absl import flags

import launch
from rnnjax import training

FLAGS = flags.FLAGS


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


@contextlib.contextmanager
def _fresh_flags() -> Iterator[None]:
    """Takes away again what an experiment defines, so that the next one can define it anew."""
    try:
        yield
    finally:
        for module, defined in list(FLAGS.flags_by_module_dict().items()):
            if module.startswith("experiments."):
                for flag in list(defined):
                    delattr(FLAGS, flag.name)
        for module in [name for name in sys.modules if name.startswith("experiments.")]:
            del sys.modules[module]
        for name in FLAGS:
            FLAGS[name].unparse()
        FLAGS.unparse_flags()


def launched(*argv: object) -> Outcome:
    """Runs `launch.py` with these arguments, on the devices that there are."""
    out, err = io.StringIO(), io.StringIO()
    with (
        _fresh_flags(),
        mock.patch.object(training, "use_cores_as_devices"),
        mock.patch.object(training, "use_compilation_cache"),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = launch.main(["launch.py", *map(str, argv)])
    return Outcome(code, out.getvalue(), err.getvalue())
