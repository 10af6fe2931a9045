"""Which peers do which work."""

from collections.abc import Iterable, Sequence

from benchmarks import peers
from benchmarks.allocator import Allocator
from benchmarks.sections import Section
from benchmarks.work import Work

Who = list[tuple[str, Allocator]]


def who(
    section: Section, work: Work, wanted: Sequence[str], allocators: Sequence[Allocator]
) -> Who:
    """Returns the peers, each with each allocator's setting, that do a section's work.

    `rnnjax_one` is left out where rnnjax itself uses one device: they are the same.
    """
    able = [p for p in section.peers if p in wanted and work.cell in peers.PEERS[p].cells]
    if "rnnjax" in able and "rnnjax_one" in able and peers.PEERS["rnnjax"].devices(work) == 1:
        able.remove("rnnjax_one")
    if not section.is_tuned_too:
        allocators = allocators[:1]
    return [(peer, allocator) for allocator in allocators for peer in able]


def absent(names: Iterable[str]) -> dict[str, str]:
    """Returns a line for each of the peers that is not installed."""
    packages = {name: peers.PEERS[name].package for name in peers.missing(tuple(names))}
    return {
        name: f"{name} is skipped: {package} is not installed; pip install '.[peers]' brings it"
        for name, package in packages.items()
    }


def unable(section: Section, works: Iterable[Work], wanted: Sequence[str]) -> list[str]:
    """Returns a line for each cell that a peer of the section does not have."""
    cells = dict.fromkeys(work.cell for work in works)
    return [
        f"{peer} has no {cell}"
        for peer in section.peers
        for cell in cells
        if peer in wanted and cell not in peers.PEERS[peer].cells
    ]
