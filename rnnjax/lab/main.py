"""The command line.

{program}                                      lists the experiments
{program} --experiment=NAME --help             shows the flags of one
{program} --experiment=NAME [--flag=value ...] runs it; NAME may be a file or a module of your own
{program} --workdir=WORKDIR                    goes on with the run there, or looks it up; what it
                                               has learned is asked by its own flags, --generate=99
{program} --flagfile=WORKDIR/flags.txt         runs it again, in a folder of its own
{program} --experiment=NAME --sweep='seed=0:8' runs it many times
{program} --sweep_report=WORKDIR               shows what a sweep has found so far
{program} --cells                              lists the cells
"""

import errno
import os
import pathlib
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from absl import flags

from rnnjax.catalogue import catalogue, typed
from rnnjax.lab.console import use_console

# What a disk or a machine can come to while a command runs.
_FAILURES = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ESTALE),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM),
)
_LONGEST = 300  # of a line that says what is wrong
_GENERAL = (
    ("experiment", "Which experiment to run: a name, a file, or a module."),
    ("sweep_report", "Folder of a sweep to report on."),
)


def main(argv: Sequence[str]) -> int:
    """Runs a command line and returns its exit code.

    Returns:
        0; 1 for a run that failed, 2 for wrong input; 128 and the number of a signal that has ended
        it, so 130 for Ctrl-C and 143 for SIGTERM.
    """
    shows_all = "--traceback" in argv
    try:
        _check_surroundings(argv)
        words = flags.FlagValues().read_flags_from_files(list(argv[1:]), force_gnu=True)
        return _dispatch(argv[0], words)
    except ModuleNotFoundError as error:
        if not _is_missed_here(error):
            return _fail(error, 2, shows_all)
        extra = f"{error.name} is not installed: pip install 'rnnjax[lab]'"
        return _fail(error, 1, shows_all, extra)
    except (flags.Error, ValueError, TypeError, ArithmeticError, OSError, SyntaxError) as error:
        return _fail(error, 1 if _is_failure(error) else 2, shows_all)
    except RecursionError as error:
        return _fail(error, 2, shows_all, f"what is asked for is nested too deep: {error}")
    except (RuntimeError, MemoryError) as error:
        return _fail(error, 1, shows_all)
    except KeyboardInterrupt as error:
        step = getattr(error, "step", None)
        where = "the last checkpoint" if step is None else f"step {step}"
        print(f"stopped; the same command goes on from {where}", file=sys.stderr)
        return getattr(error, "code", 128 + signal.SIGINT)


def run() -> None:
    """Runs the command line of this process, and ends it."""
    use_console()
    _end(main(sys.argv))


def overview(program: str) -> str:
    """Returns what there is to run and how."""
    experiments = catalogue()
    width = max(map(len, experiments), default=0)
    lines = [f"  {name:<{width}}  {first}" for name, first in experiments.items()]
    lines = lines or ["  none are beside the library: name a file of your own"]
    usage = (__doc__ or "").partition("\n")[2].strip().format(program=program)
    return "\n".join([usage, "", "Experiments:", *lines])


def _dispatch(program: str, words: list[str]) -> int:
    general = flags.FlagValues()
    general.set_gnu_getopt()
    for name, text in _GENERAL:
        flags.DEFINE_string(name, None, text, flag_values=general)
    flags.DEFINE_multi_string("import", [], "", flag_values=general)
    for name, short in (("help", "h"), ("cells", None), ("traceback", None)):
        flags.DEFINE_boolean(name, False, "", short_name=short, flag_values=general)
    rest = general([program, *words], known_only=True)
    name = general["experiment"].value
    if general["sweep_report"].value is not None or general["cells"].value:
        flag = "cells" if general["cells"].value else "sweep_report"
        if name is not None:
            raise ValueError(f"--{flag} needs no --experiment: leave it out")
        _refuse_rest(rest)
        if flag == "cells":
            print(_cell_table())
        else:
            _report(str(general["sweep_report"].value))
        return 0
    if name is None and (said := _flags_of_run(program, rest)):
        return _dispatch(program, [*said, *words])
    if name is None:
        asked = not words or set(words) <= {"--help", "-h", "-help"}
        if not asked:
            raise ValueError("name an experiment: --experiment=NAME; without flags they are listed")
        print(overview(typed(program)))
        return 0
    if any(word.lstrip("-").startswith("coordinator") for word in rest):
        # Read when JAX is imported: a run whose processes have lost each other says so itself.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "4")
    from rnnjax.lab import command  # JAX takes a second to import
    from rnnjax.runs import interrupts

    with interrupts.handled():
        return command.carry_out(
            name,
            general["import"].value or (),
            rest,
            again=[program, *words],
            wants_help=bool(general["help"].value),
        )


def _check_surroundings(argv: Sequence[str]) -> None:
    """Refuses what no file that a run writes could say.

    Raises:
        ValueError: if a word is not UTF-8, or the current folder is not there.
    """
    for word in argv:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{word} is not UTF-8") from None
    try:
        pathlib.Path.cwd()
    except OSError as error:
        why = os.strerror(error.errno or errno.ENOENT)
        raise ValueError(f"the current folder cannot be used: {why}; change to another") from None


def _is_failure(error: Exception) -> bool:
    """Says whether a disk or the machine has failed, and not what was asked for is wrong."""
    if isinstance(error, OSError):
        # A disk that fails is made read-only; a folder on one that was is refused in words of ours.
        return error.errno in (*_FAILURES, errno.EROFS)
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in _FAILURES


def _flags_of_run(program: str, rest: Sequence[str]) -> list[str]:
    """Returns the flags of the run in `--workdir`; none where the flag is not given.

    Raises:
        ValueError: if there is no run.
    """
    known = flags.FlagValues()
    known.set_gnu_getopt()
    flags.DEFINE_string("workdir", None, "", flag_values=known)
    known([program, *rest[1:]], known_only=True)
    if known["workdir"].value is None:
        return []
    folder = pathlib.Path(str(known["workdir"].value)).expanduser()
    # Of networks that are compared each has a folder in that of all.
    parts = [file.parent for file in folder.glob("*/flags.txt") if _part_in(file.parent)]
    for place in (folder, *sorted(parts)):
        if (place / "flags.txt").is_file():
            return (place / "flags.txt").read_text().splitlines()
    raise ValueError(f"--workdir={folder} has no run yet: name an experiment, --experiment=NAME")


def _part_in(folder: pathlib.Path) -> bool:
    """Says whether a folder is that of one of the networks that a run in the folder above has."""
    config = folder / "config.json"
    return config.is_file() and f'"part": "{folder.name}"' in config.read_text()


def _is_missed_here(error: ModuleNotFoundError) -> bool:
    """Says whether it is the library that misses a module, or a user's own file."""
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    files = [file for file in frames if not file.startswith("<frozen")]
    return files[-1].startswith(str(pathlib.Path(__file__).parents[1]))


def _refuse_rest(rest: Sequence[str]) -> None:
    """Refuses whatever else stands on the line."""
    if len(rest) > 1:
        flags.FlagValues()(list(rest))
        raise ValueError(f"unexpected argument {rest[1]!r}: flags look like --name=value")


def _cell_table() -> str:
    """Returns the table of all cells, made from their docstrings."""
    from rnnjax import cells
    from rnnjax.lab import listing

    return listing.text(getattr(cells, name) for name in cells.__all__)


def _report(workdir: str) -> None:
    """Shows a sweep's table, and writes its plots, `sweep.csv` and `report.html`."""
    from rich.console import Console

    from rnnjax import sweeps

    page = sweeps.write_report(workdir)
    sweeps.print_report(workdir, Console())
    print(page)


def _fail(error: Exception, code: int, shows_all: bool, text: Any = None) -> int:
    if shows_all:
        raise error
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        text = text or f"{where}{error.strerror}"
    line = str(text or error).strip().partition("\n")[0]
    line = line.removeprefix("ERROR:: ")  # absl's own word for it
    if len(line) > _LONGEST:  # what was asked for stands first, why it is refused last
        line = f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}"
    print(f"error: {line or type(error).__name__}", file=sys.stderr)
    return code


def _end(code: int) -> None:
    """Ends the process; one of several does not wait, after an error, for the others."""
    jax = sys.modules.get("jax")  # the list is made without it
    if code and jax is not None and jax.distributed.is_initialized():
        from rnnjax.training import processes

        processes.leave(code)
    sys.exit(code)
