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

from absl import flags

from benchmarks import machine, plan, results
from benchmarks.allocator import Allocator
from benchmarks.command import carry_out, named
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


def about() -> str:
    """Returns what the flags may name."""
    sections = (f"  {name:<11} {section.about}" for name, section in SECTIONS.items())
    peers = textwrap.indent(textwrap.fill(", ".join(PEERS), 92), "  ")
    return "\n".join(["", "Sections:", *sections, "", "Peers:", peers])


def settings() -> Settings:
    """Returns how everything is measured, as the flags say."""
    quick = _QUICK.value
    allocators = ["default"] if quick else list(Allocator)
    if _ALLOCATOR.value is not None:
        allocators = named("allocator", _ALLOCATOR.value, list(Allocator))
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
    names = there if _ONLY.value is None else named("only", _ONLY.value, there)
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
        return carry_out(run, about)
    except KeyboardInterrupt:
        print("stopped; the sections that were measured are kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
