"""The tool `similarity`."""

from typing import Annotated

import numpy as np

from rnnjax.analysis.similarity.cka import debiased_cka, linear_cka
from rnnjax.analysis.similarity.matrix import plot_similarity, similarity_matrix
from rnnjax.analysis.similarity.plot_alignment import plot_alignment
from rnnjax.analysis.similarity.procrustes import align, shape_distance
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import as_precise, recurrence
from rnnjax.analysis.tools.sequences import sequences_of
from rnnjax.dynamics import to_vector
from rnnjax.runs.load import LoadedRun, load
from rnnjax.settings import Between
from rnnjax.typing import Array

_DRAWN = 8  # trajectories


@in_double
def similarity(
    run: LoadedRun,
    *,
    to: str = "",
    sequences: Annotated[int, Between(1, 10**5)] = 32,
) -> Findings:
    """Finds how alike the states of two runs are at the same inputs, layer by layer.

    By CKA, without bias, and by the angle that is left when one is turned onto the other
    (Procrustes); in double precision.

    Args:
        run: what was learned.
        to: the folder of another run, which reads the same inputs.
        sequences: of the first run's test.

    Returns:
        Of the last layers CKA, 1 where they are the same up to a turn, and the angle in radians,
        0 where they are; of all pairs of layers in the arrays.

    Raises:
        TypeError: if a network has no state that one step leads from the next.
        ValueError: if there is no other run, or it reads other inputs.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> similarity(run, to="runs/flip_flop-5678abcd").headline()  # doctest: +SKIP
        'cka=0.9312 angle=0.3127 moments=3200'
    """
    if not to:
        raise ValueError("name the folder of another run: similarity(to='runs/...')")
    other = load(to)
    for one in (run, other):
        recurrence(one)  # refuses networks that have no states over time
    given = sequences_of(run, sequences)
    layers = [_layers_of(one, given.batch.inputs, given.steps) for one in (run, other)]
    rows = [{name: given.real(states) for name, states in every.items()} for every in layers]
    found = {
        "cka": similarity_matrix(debiased_cka, *rows),
        "cka_biased": similarity_matrix(linear_cka, *rows),
        "angle": similarity_matrix(shape_distance, *rows),
    }
    last = [list(every.values())[-1] for every in rows]
    turned = align(*last)
    names = (run.folder.name, other.folder.name)
    numbers = numbers_of(
        cka=found["cka"][-1, -1],
        cka_biased=found["cka_biased"][-1, -1],
        angle=found["angle"][-1, -1],
        moments=len(last[0]),
        other=str(other.folder),
    )
    title = f"{names[0]} beside {names[1]}"
    labels = [list(every) for every in rows]
    look = {"title": title, "label": "CKA, debiased", "names": names}
    figures = {"cka": plot_similarity(found["cka"], *labels, **look)}
    if turned.x.shape[-1] > 1:
        paths = [_paths(part, given.steps, given.xs.shape[:2]) for part in (turned.x, turned.y)]
        figures["alignment"] = plot_alignment(*paths, names=names, title=title)
    arrays = {name: np.asarray(values) for name, values in found.items()}
    return Findings(numbers, ("cka", "angle", "moments"), arrays, figures)


def _layers_of(run: LoadedRun, inputs: Array, steps: Array | None) -> dict[str, Array]:
    """Returns the states of each layer as vectors, `[T, B, N]`."""
    states = run.states(inputs, steps=steps)
    leading = inputs.shape[:2]
    return {
        f"layer {index + 1}": as_precise(to_vector(one, leading))
        for index, one in enumerate(states)
    }


def _paths(rows: Array, steps: Array | None, leading: tuple[int, ...]) -> np.ndarray:
    """Puts rows back in their places, NaN where there is no step, of the first sequences."""
    there = np.ones(leading, bool) if steps is None else np.asarray(steps)
    paths = np.full((*leading, rows.shape[-1]), np.nan)
    paths[there] = np.asarray(rows)
    return paths[:, :_DRAWN]
