"""Measures rnnjax beside other libraries, in turns, and writes tables and plots.

python -m benchmarks                          all of it, hours on two cores
python -m benchmarks --quick                  the most of it, small, in a few minutes
python -m benchmarks --only=gradient,length   some sections; others measured before are kept
python -m benchmarks --peers=rnnjax,torch     some peers

On the CPU, whatever else there is. One piece of work at a time: each peer has a process of its own,
and round by round each gets its turn. OUT/results.json holds every round, OUT/results.md and
OUT/*.png what they come to.
"""

import pathlib
import sys
import textwrap
from collections.abc import Sequence

from absl import flags

from benchmarks import machine, plan, results
from benchmarks.allocator import Allocator
from benchmarks.command import carry_out
from benchmarks.peers import PEERS
from benchmarks.sections import SECTIONS
from benchmarks.suite import Settings, measure_section, progress_bar

_QUICK = flags.DEFINE_boolean("quick", False, "Small sizes, few rounds, some sections left out.")
_ONLY = flags.DEFINE_list(
    "only", None, "Sections; all if not given. Some are too long to be a part of --quick."
)
_PEERS = flags.DEFINE_list(
    "peers", list(PEERS), "Peers; all if not given. One that is not installed is skipped."
)
_ALLOCATOR = flags.DEFINE_list(
    "allocator",
    None,
    "How glibc gives memory: default, or tuned, with large buffers kept and huge pages. Both if "
    "not given; with --quick, default. Curves are measured with the first one alone.",
)
_ROUNDS = flags.DEFINE_integer(
    "rounds", None, "Rounds at most; 15 if not given; with --quick, 3.", lower_bound=1
)
_OUT = flags.DEFINE_string(
    "out", None, "Folder; runs/benchmarks if not given; with --quick, runs/benchmarks_quick."
)
_HELP = flags.DEFINE_boolean("help", False, "Shows this and ends.")


def help_text() -> str:
    """Returns what the suite does, its flags and what they may name."""
    lines = [(__doc__ or "").strip(), "", "Flags:"]
    for flag in (_QUICK, _ONLY, _PEERS, _ALLOCATOR, _ROUNDS, _OUT):
        body = textwrap.fill(flags.FLAGS[flag.name].help, 92)
        lines += [f"  --{flag.name}", textwrap.indent(body, "    ")]
    lines += ["", "Sections:", *(f"  {name:<11} {s.about}" for name, s in SECTIONS.items())]
    peers = textwrap.fill(", ".join(PEERS), 92)
    return "\n".join([*lines, "", "Peers:", textwrap.indent(peers, "  ")])


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


def settings() -> Settings:
    """Returns how everything is measured, as the flags say."""
    quick = _QUICK.value
    by_default = ["default"] if quick else list(Allocator)
    allocators = named("allocator", _ALLOCATOR.value or by_default, list(Allocator))
    peers = named("peers", _PEERS.value, list(PEERS))
    absent = plan.absent(peers)
    return Settings(
        quick,
        [peer for peer in peers if peer not in absent],
        absent,
        list(map(Allocator, allocators)),
        _ROUNDS.value or (3 if quick else 15),
    )


def run() -> None:
    """Measures what the flags name, writing after each section."""
    how = settings()
    there = [name for name, section in SECTIONS.items() if section.quick or not how.is_quick]
    names = named("only", _ONLY.value or there, there)
    from benchmarks import page  # draws: 1 s that neither --help nor a wrong flag has to wait

    for line in how.absent.values():
        print(line, file=sys.stderr)
    folder = f"runs/benchmarks{'_quick' * how.is_quick}"
    out = pathlib.Path(_OUT.value or folder).expanduser()
    found = results.load(out / "results.json", machine.describe(), how.is_quick)
    out.mkdir(parents=True, exist_ok=True)
    with progress_bar() as bar:
        for name in names:
            found.sections[name] = measure_section(name, SECTIONS[name], how, bar)
            results.save(out / "results.json", found)
            text = page.write(out, found)
    print(text)
    print(out / "results.md")


def main() -> int:
    """Runs the command line and returns its exit code: 0, 2 for wrong input, 130 if stopped."""
    try:
        return carry_out(lambda: print(help_text()) if _HELP.value else run())
    except KeyboardInterrupt:
        print("stopped; the sections that were measured are kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
