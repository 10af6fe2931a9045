"""What was measured, as a page of tables and plots."""

import math
import pathlib
from collections.abc import Callable, Sequence

from benchmarks import plots
from benchmarks.headlines import headlines
from benchmarks.measure import Timing
from benchmarks.results import Measured, Results
from benchmarks.sections import SECTIONS
from benchmarks.summary import Table, best_other, gain, spread, table

_MB = 1e6


def write(folder: pathlib.Path, results: Results) -> str:
    """Draws the plots, writes `results.md` and returns its text."""
    pictures = plots.draw_all(folder, results)
    text = page(results, [path.name for path in pictures])
    (folder / "results.md").write_text(text)
    return text


def page(results: Results, pictures: Sequence[str]) -> str:
    """Returns the page's text."""
    found = [(h.work, h.allocator, h.what, h.number) for h in headlines(results)]
    parts = ["# Benchmarks", _where(results)]
    if found:
        parts += ["## In short", markdown(("work", "allocator", "what", "number"), found)]
    parts += [f"![{name.removesuffix('.png')}]({name})" for name in pictures]
    for name, section in SECTIONS.items():
        if name in results.sections:
            parts.append(_section(section.title, section.about, results.sections[name]))
    return "\n\n".join(parts) + "\n"


def _where(results: Results) -> str:
    """Says on what and how it was measured."""
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    quick = "Quick run: small sizes, few rounds.\n\n" if results.is_quick else ""
    return (
        f"{quick}{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}; {versions}.\n\n"
        "Shapes are T,B,I,H: steps, batch, inputs, units; single precision but for `rnnjax_mixed` "
        "and `torch_autocast`. Times are medians in milliseconds, ± half the distance of the "
        "quartiles. `gain` is how many times as long the best other library takes as rnnjax, the "
        "median over rounds. `rnnjax` has the devices, memory and scheduling that `launch.py` "
        "gives it, `rnnjax_one` one device, `rnnjax_scan` one device and no engine but "
        "the plain loop, `rnnjax_tree` `jax.lax.associative_scan`; the others run as their "
        "documentation has it. With the `tuned` allocator all keep large buffers from call to "
        "call, in huge pages. Compilation is XLA's; of PyTorch it is what the first call takes "
        "longer than the second. The peak is by how much memory in use rises in the first call, "
        "about 10 MB of it for the program itself; planned is what XLA says it takes for "
        "temporaries and results."
    )


def _section(title: str, about: str, measured: Measured) -> str:
    rows = table(measured.timings)
    peers = list(dict.fromkeys(timing.peer for timing in measured.timings))
    parts = [f"## {title}", f"{about} {measured.date}.", _times(rows, peers)]
    parts += ["Compilation, s:", _facts(rows, peers, _compilation)]
    parts += [
        "Memory, MB, the peak, and in brackets what is planned:",
        _facts(rows, peers, _memory),
    ]
    if measured.skipped:
        parts.append("\n".join(f"- {line}" for line in measured.skipped))
    return "\n\n".join(parts)


def _times(rows: Table, peers: Sequence[str]) -> str:
    """Returns the table of times, the fastest in bold."""
    has_gain = any(gain(row) for row in rows.values())
    lines = []
    for (work, allocator), row in rows.items():
        medians = {name: spread(t.seconds).median for name, t in row.items() if t.seconds}
        fastest = min(medians, key=medians.__getitem__, default=None)
        texts = [_time(row.get(peer), is_fastest=peer == fastest) for peer in peers]
        if has_gain:
            best, found = best_other(row), gain(row)
            texts.append(f"{found.median:.2f} ({best.peer})" if best and found else "")
        lines.append((f"{work}", allocator, *texts))
    head = ("work", "allocator", *peers, *(("gain",) if has_gain else ()))
    return markdown(head, lines)


def _time(timing: Timing | None, *, is_fastest: bool) -> str:
    if timing is None or not timing.seconds:
        return ""
    found = spread(timing.seconds)
    text = number(1e3 * found.median)
    text = f"**{text}**" if is_fastest else text
    return f"{text} ±{100 * found.half_width:.0f}%"


def _facts(rows: Table, peers: Sequence[str], text: Callable[[Timing], str]) -> str:
    lines = [
        (f"{work}", allocator, *(text(row[p]) if p in row else "" for p in peers))
        for (work, allocator), row in rows.items()
    ]
    return markdown(("work", "allocator", *peers), lines)


def _compilation(timing: Timing) -> str:
    return number(timing.facts["compile_seconds"]) if timing.seconds else ""


def _memory(timing: Timing) -> str:
    peak, planned = timing.facts.get("peak_bytes"), timing.facts.get("planned_bytes")
    texts = (
        "" if peak is None else number(peak / _MB),
        "" if planned is None else f"({number(planned / _MB)})",
    )
    return " ".join(filter(None, texts))


def number(value: float) -> str:
    """Returns a number above 0 with three digits, or all before the point."""
    if value <= 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{value:,.{min(digits, 3)}f}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
