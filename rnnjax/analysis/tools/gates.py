"""The tool `gates`."""

from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import unroll
from rnnjax.analysis.stability.time_constants import plot_time_constants
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.analysis.tools.sequences import sequences_of
from rnnjax.analysis.units.gate_times import gate_times
from rnnjax.analysis.units.gates import gate_saturation, name_of_gate, plot_gate_saturation
from rnnjax.compose import with_states
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between
from rnnjax.typing import Array


def gates(
    run: LoadedRun,
    *,
    sequences: Annotated[int, Between(1, 10**5)] = 64,
    skipped: Annotated[int, Between(0)] = 0,
    low: Annotated[float, Between(0, 1)] = 0.1,
    high: Annotated[float, Between(0, 1)] = 0.9,
    keeps: str = "",
) -> Findings:
    """Finds how often each unit's gates are shut and open, and for how long they keep.

    What a cell calls a gate and leaves 0 to 1, such as a candidate, is left out.

    Args:
        run: what was learned.
        sequences: of the test.
        skipped: steps at the start that do not count.
        low: below which a gate is shut.
        high: above which it is open.
        keeps: the name of a gate that keeps what a unit holds where it is 1, for times: f of an
            LSTM, z of a GRU; none if empty.

    Returns:
        Of each gate the mean and the parts of the steps at which it is shut and open, over units;
        of one that keeps the median and the longest time, in steps.

    Raises:
        TypeError: if the network's cell names no gates.
        ValueError: if bounds are not in order, or no gate has the name.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> gates(run, keeps="z").headline()  # doctest: +SKIP
        'gates=2 units=32 median_time_in_steps=2.131'
    """
    network = recurrence(run)
    given = sequences_of(run, sequences)
    cell = with_states(network.cell)
    start = cell.initial_state(network.params, given.xs.shape[1:2])
    _, seen = jax.jit(unroll.scan)(cell, network.params, start, given.xs, mask=given.steps)
    mask = jnp.ones(given.xs.shape[:2], bool) if given.steps is None else given.steps
    mask = mask & (jnp.arange(len(mask)) >= skipped)[:, None]
    if not mask.any():
        raise ValueError(f"no step is left of {len(mask)} after skipped={skipped}")
    found = _gates_of(seen.gates)
    if not found:
        raise TypeError(f"is for cells that name their gates; {network.cell} has none")
    kept = {name: gate for name, gate in found.items() if keeps and name.split()[-1] == keeps}
    if keeps and not kept:
        raise ValueError(f"keeps={keeps!r}: the gates are {', '.join(found)}")
    saturation = gate_saturation(found, mask=mask, low=low, high=high)
    times = {name: gate_times(gate, mask=mask).decay for name, gate in kept.items()}
    numbers = _numbers(saturation, times)
    title = title_of(run, "gates")
    figures = {"gates": plot_gate_saturation(saturation, title=title)}
    if times:
        figures["times"] = plot_time_constants(times, title=title_of(run, "times of gates"))
    arrays = {
        f"{part}_{name}".replace(" ", "_").replace(",", ""): np.asarray(value)
        for part, gates in saturation._asdict().items()
        for name, value in gates.items()
    }
    arrays |= {f"time_{name}".replace(" ", "_"): np.asarray(t) for name, t in times.items()}
    chief = ("gates", "units", *(["median_time_in_steps"] if times else []))
    return Findings(numbers, chief, arrays, figures)


def _gates_of(seen: Any) -> dict[str, Array]:
    """Returns gates by their names; those that leave 0 to 1 are none."""
    leaves = {name_of_gate(path): leaf for path, leaf in jax.tree.leaves_with_path(seen)}
    return {name: leaf for name, leaf in leaves.items() if leaf.min() >= 0 and leaf.max() <= 1}


def _numbers(saturation: Any, times: dict[str, Array]) -> dict[str, Any]:
    of_each = {
        f"{part} {name}": float(np.mean(gates[name]))
        for name in saturation.mean
        for part, gates in zip(
            ("mean of", "shut", "open"),
            (saturation.mean, saturation.left, saturation.right),
            strict=True,
        )
    }
    units = sum(len(gate) for gate in saturation.mean.values())
    every = np.concatenate([np.asarray(t) for t in times.values()]) if times else None
    of_times = (
        {}
        if every is None
        else {"median_time_in_steps": np.median(every), "longest_time_in_steps": every.max()}
    )
    return numbers_of(gates=len(saturation.mean), units=units, **of_times, **of_each)
