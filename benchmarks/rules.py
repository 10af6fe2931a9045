"""What learning rules take: time and memory of a gradient, against steps and against units.

    python -m benchmarks.rules

The gradient of the sum of squares of all outputs by the parameters of an LSTM. It writes
`benchmarks/results/rules.md` and `rules.png`.
"""

import pathlib
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from absl import flags
from rich.progress import track

from benchmarks.command import carry_out
from rnnjax import cells, compose, learning, unroll
from rnnjax.learning import Rule
from rnnjax.runs.figures.style import save_figure, styled
from rnnjax.unroll import Engine

_CALLS = flags.DEFINE_integer("calls", 5, "Calls of a row, of which the median is.", lower_bound=1)
_LENGTHS = flags.DEFINE_list("lengths", ["25", "100", "400", "1600"], "Steps.")
_UNITS = flags.DEFINE_list("units", ["16", "32", "64"], "Units.")

_RESULTS = pathlib.Path(__file__).parent / "results"
_INPUTS, _SEQUENCES, _STEPS, _HIDDEN = 16, 4, 100, 32
_ENGINES: dict[str, Engine | Rule] = {
    "backpropagation": unroll.auto,
    "TBPTT(window=10)": learning.TBPTT(window=10),
    "DNI(window=10)": learning.DNI(window=10),
    "EProp": learning.EProp(),
    "SnAp(1)": learning.SnAp(1),
    "UORO": learning.UORO(),
    "ForwardGradient(8)": learning.ForwardGradient(8),
    "ES(8)": learning.ES(8),
    "KFRTRL": learning.KFRTRL(),
    "OK(2)": learning.OK(2),
    "RTRL": learning.RTRL(),
}
# Paul Tol's muted scheme; backpropagation in black.
_COLOURS = [
    *("#000000", "#CC6677", "#332288", "#DDCC77", "#117733", "#88CCEE"),
    *("#882255", "#44AA99", "#999933", "#AA4499", "#888888"),
]
_MARKERS = "os^vDP*X<>h"


class Taken(NamedTuple):
    """What a gradient took."""

    microseconds: float  # a step
    megabytes: float  # that the compiler plans, beside what is given and returned


def measured(engine: Engine | Rule, steps: int, hidden: int) -> Taken:
    """Takes a gradient some times."""
    cell = cells.LSTM(hidden)
    if isinstance(engine, Rule):
        cell = engine.learner(cell, _INPUTS)
    key = jax.random.key(0)
    params = cell.init(key, _INPUTS)
    xs = jax.random.normal(key, (steps, _SEQUENCES, _INPUTS))

    def loss(params: Any, key: Any) -> Any:
        given = compose.noisy(cell, key, params, xs)
        state = cell.initial_state(params, (_SEQUENCES,))
        return jnp.sum(engine(cell, params, state, given)[1] ** 2)

    gradient = jax.jit(jax.grad(loss)).lower(params, key).compile()
    jax.block_until_ready(gradient(params, key))
    seconds = []
    for _ in range(_CALLS.value):
        begin = time.perf_counter()
        jax.block_until_ready(gradient(params, key))
        seconds.append(time.perf_counter() - begin)
    planned: Any = gradient.memory_analysis()
    return Taken(1e6 * statistics.median(seconds) / steps, planned.temp_size_in_bytes / 1e6)


def table(sizes: list[int], rows: dict[str, list[Taken]], what: str) -> list[str]:
    """Returns the lines of a table, µs a step and MB at each size."""
    columns = [f"{what} = {size}" for size in sizes]
    lines = [f"| rule | {' | '.join(columns)} |", "|---" * (len(sizes) + 1) + "|"]
    for name, row in rows.items():
        texts = (f"{one.microseconds:,.1f} µs, {one.megabytes:.3g} MB" for one in row)
        lines.append(f"| {name} | {' | '.join(texts)} |")
    return lines


def drawn(panels: list[tuple[str, list[int], dict[str, list[Taken]]]]) -> Any:
    """Draws time and memory, a row of panels each, against what a column says."""
    kinds: list[tuple[str, Callable[[Taken], float]]] = [
        ("µs a step", lambda one: one.microseconds),
        ("MB planned", lambda one: one.megabytes),
    ]
    with styled() as Figure:
        figure = Figure(figsize=(9.5, 7), dpi=160, layout="constrained")
        axes = figure.subplots(2, 2, sharex="col", sharey="row")
        for at, (label, of) in enumerate(kinds):
            for panel, (what, sizes, rows) in zip(axes[at], panels, strict=True):
                for (name, row), colour, marker in zip(
                    rows.items(), _COLOURS, _MARKERS, strict=True
                ):
                    panel.plot(sizes, list(map(of, row)), marker=marker, color=colour, label=name)
                panel.set(xscale="log", yscale="log", xticks=sizes)
                panel.set_xticks(sizes, map(str, sizes))
                panel.minorticks_off()
                if at:
                    panel.set_xlabel(what)
            axes[at, 0].set_ylabel(label)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center")
    return figure


def main() -> None:
    """Measures all, writes the page and the picture, and prints the page."""
    lengths, units = ([int(x) for x in flag.value] for flag in (_LENGTHS, _UNITS))
    along = [(steps, _HIDDEN) for steps in lengths] + [(_STEPS, hidden) for hidden in units]
    rows: dict[str, list[Taken]] = {}
    for name in track(_ENGINES, "rules"):
        rows[name] = [measured(_ENGINES[name], *size) for size in along]
        jax.clear_caches()
    by_length = {name: row[: len(lengths)] for name, row in rows.items()}
    by_units = {name: row[len(lengths) :] for name, row in rows.items()}
    page = [
        f"`python -m benchmarks.rules`, jax {jax.__version__}, {jax.device_count()} x "
        f"{jax.default_backend()}: the gradient of an LSTM's outputs, {_SEQUENCES} sequences of "
        f"{_INPUTS} numbers. Median of {_CALLS.value} calls; megabytes are those that the compiler "
        "plans, beside parameters, inputs and gradients.",
        "",
        f"{_HIDDEN} units, T steps:",
        "",
        *table(lengths, by_length, "T"),
        "",
        f"{_STEPS} steps, H units:",
        "",
        *table(units, by_units, "H"),
        "",
        "![time and memory against steps and units](rules.png)",
        "",
    ]
    (_RESULTS / "rules.md").write_text("\n".join(page))
    panels = [("T, steps", lengths, by_length), ("H, units", units, by_units)]
    save_figure(drawn(panels), _RESULTS / "rules.png")
    print("\n".join(page))


if __name__ == "__main__":
    sys.exit(carry_out(main))
