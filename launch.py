"""Runs one experiment.

python launch.py                                      lists the experiments
python launch.py --experiment=NAME --help             shows the flags of one
python launch.py --experiment=NAME [--flag=value ...] runs it
python launch.py --flagfile=WORKDIR/flags.txt         runs it again as it was run
python launch.py --experiment=NAME --sweep='seed=0:8' runs it many times
python launch.py --sweep_report=WORKDIR               shows what a sweep has found so far
python launch.py --cells                              lists the cells, --markdown as README does
"""

import ast
import difflib
import importlib
import os
import pathlib
import sys
import textwrap

from absl import flags

_FOLDER = pathlib.Path(__file__).parent / "experiments"
_FLAGS_MODULE = "experiments._flags"  # where the flags that experiments share are defined

_EXPERIMENT = flags.DEFINE_string("experiment", None, "Which experiment to run.")
_REPORT = flags.DEFINE_string("sweep_report", None, "Folder of a sweep to report on.")
flags.DEFINE_boolean("cells", False, "Lists the cells that --cell accepts.")
_MARKDOWN = flags.DEFINE_boolean("markdown", False, "Whether --cells makes README's table.")
_HELP = flags.DEFINE_boolean("help", False, "Shows the flags and ends.")
_TRACEBACK = flags.DEFINE_boolean("traceback", False, "Shows where in the code an error arose.")


def catalogue() -> dict[str, str]:
    """Returns the first line of each experiment's docstring by its name, importing none."""
    files = sorted(path for path in _FOLDER.glob("*.py") if not path.stem.startswith("_"))
    docs = {path.stem: ast.get_docstring(ast.parse(path.read_text())) or "" for path in files}
    return {name: doc.partition("\n")[0] for name, doc in docs.items()}


def overview() -> str:
    """Returns what there is to run and how."""
    experiments = catalogue()
    width = max(map(len, experiments))
    lines = [f"  {name:<{width}}  {first}" for name, first in experiments.items()]
    return "\n".join([(__doc__ or "").strip(), "", "Experiments:", *lines])


def chosen(argv: list[str]) -> str | None:
    """Returns the experiment that the command line names, before any of its flags is known.

    Raises:
        ValueError: if there is none of that name, or the line is no list of flags.
    """
    known = flags.FlagValues()
    flags.DEFINE_string("experiment", None, "", flag_values=known)
    known(argv, known_only=True)
    name = known["experiment"].value
    names = list(catalogue())
    if name is None or name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    raise ValueError(f"unknown experiment {name!r}; {hint}")


def help_text(module) -> str:
    """Returns an experiment's docstring and flags."""
    lines = [(module.__doc__ or "").strip(), "", "Flags:"]
    shared = flags.FLAGS.get_key_flags_for_module(_FLAGS_MODULE)
    for flag in [*flags.FLAGS.get_key_flags_for_module(module.__name__), *shared]:
        default = "" if flag.default is None else f" (default {flag.default_as_str})"
        choices = getattr(flag.parser, "enum_values", None)
        kinds = f" One of {', '.join(choices)}." if choices else ""
        body = textwrap.fill(
            f"{flag.help}{kinds}{default}", 92, initial_indent=" " * 4, subsequent_indent=" " * 4
        )
        lines += [f"  --{flag.name}", body]
    return "\n".join(lines)


def cell_table(as_markdown: bool) -> str:
    """Returns the table of all cells, made from their docstrings."""
    from rnnjax import cells
    from rnnjax.cells import listing

    make = listing.markdown if as_markdown else listing.text
    return make(getattr(cells, name) for name in cells.__all__)


def report(workdir: str) -> None:
    """Shows a sweep's table, and writes its plots, `sweep.csv` and `report.html`."""
    from rich.console import Console

    from rnnjax import sweeps

    page = sweeps.write_report(workdir)
    sweeps.print_report(workdir, Console())
    print(page)


def main(argv: list[str]) -> int:
    """Runs the command line and returns its exit code: 0, 1 for a failed run, 2 for wrong input."""
    try:
        argv = [argv[0], *flags.FLAGS.read_flags_from_files(argv[1:], force_gnu=True)]
        name = chosen(argv)
        if any(word.startswith("--sweep_report") for word in argv):
            if name is not None:
                raise ValueError("--sweep_report needs no --experiment: leave it out")
            flags.FLAGS(argv)
            report(_REPORT.value)
            return 0
        if "--cells" in argv:
            if name is not None:
                raise ValueError("--cells needs no --experiment: leave it out")
            flags.FLAGS(argv)
            print(cell_table(_MARKDOWN.value))
            return 0
        if name is None and len(argv) > 1 and "--help" not in argv:
            raise ValueError("name an experiment: --experiment=NAME; without flags they are listed")
        if name is None:
            print(overview())
            return 0
        if any(word.startswith(("--coordinator", "-coordinator")) for word in argv):
            # Read when JAX is imported: a run whose processes have lost each other says so itself.
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "4")
        module = importlib.import_module(f"experiments.{name}")
        rest = flags.FLAGS(argv)[1:]
        if rest:
            raise ValueError(f"unexpected argument {rest[0]!r}: flags look like --name=value")
        if _HELP.value:
            print(help_text(module))
            return 0
        module.main()
    except (flags.Error, ValueError, TypeError, OverflowError, OSError) as error:
        return _fail(error, 2)
    except RuntimeError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def _fail(error: Exception, code: int) -> int:
    if flags.FLAGS.is_parsed() and _TRACEBACK.value:
        raise error
    print(f"error: {str(error).strip().partition(chr(10))[0]}", file=sys.stderr)
    return code


def _end(code: int) -> None:
    """Ends the process; one of several does not wait, after an error, for the others."""
    jax = sys.modules.get("jax")  # the list is made without it
    if code and jax is not None and jax.distributed.is_initialized():
        from rnnjax.training import processes

        processes.leave(code)
    sys.exit(code)


if __name__ == "__main__":
    _end(main(sys.argv))
