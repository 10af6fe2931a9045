"""Tries every transformation with every engine and every cell, and writes what came of it.

    python -m tests.laws.transformations

With two processes that takes more than an hour. It writes `docs/transformations.md`, and ends with
code 1 if any numbers were wrong or anything was refused in more than a line.
"""

import collections
import concurrent.futures
import multiprocessing
import pathlib
import sys
import time
from typing import NamedTuple

PAGE = pathlib.Path("docs/transformations.md")
HEAD = """# What may be done to a run

By engine, over all cells of the catalogue that it serves, one small size each: of how many the
numbers are those of `unroll.scan`, results and gradients, with masks and resets. Where fewer are
right than were tried the others were refused, in one line. The transformations are those of
`rnnjax/testing/transform_laws.py`.
"""


class Tried(NamedTuple):
    """What came of one transformation of one engine with one cell."""

    engine: str
    cell: str
    transformation: str
    outcome: str  # right, refused, or what is wrong
    seconds: float


def tried(index: int) -> list[Tried]:
    """Tries all with one cell."""
    import jax

    jax.config.update("jax_num_cpu_devices", 2)
    jax.config.update("jax_disable_most_optimizations", True)
    from rnnjax import unroll
    from rnnjax.testing.transform_laws import TRANSFORMATIONS, check_transformation
    from tests.catalogue import CELLS

    cell, found = CELLS[index], []
    for name in unroll.__all__:
        engine = getattr(unroll, name)
        if not engine.serves(cell):
            continue
        for transformation in TRANSFORMATIONS:
            begin = time.perf_counter()
            try:
                right = check_transformation(transformation, engine, cell)
                outcome = "right" if right else "refused"
            except Exception as error:  # whatever it is, it is what came of it
                outcome = f"{type(error).__name__}: {str(error).strip()}".replace("\n", " | ")
            seconds = time.perf_counter() - begin
            found.append(Tried(engine.name, str(cell), transformation.name, outcome, seconds))
        jax.clear_caches()
    return found


def page(all_tried: list[Tried]) -> str:
    """Returns the table."""
    columns = list(dict.fromkeys(one.transformation for one in all_tried))
    counts = collections.Counter((one.engine, one.transformation) for one in all_tried)
    right = collections.Counter(
        (one.engine, one.transformation) for one in all_tried if one.outcome == "right"
    )
    lines = [f"| engine | cells | {' | '.join(columns)} |", f"|{' --- |' * (len(columns) + 2)}"]
    for engine in sorted({one.engine for one in all_tried}):
        cells = counts[engine, columns[0]]
        numbers = (right[engine, column] or "refused" for column in columns)
        lines.append(f"| `{engine}` | {cells} | {' | '.join(map(str, numbers))} |")
    cells = len({one.cell for one in all_tried})
    seconds = sum(one.seconds for one in all_tried) / cells
    return "\n".join(
        [HEAD, *lines, "", f"{len(all_tried):,} tried with {cells} cells, {seconds:.0f} s a cell."]
    )


def main() -> int:
    """Tries all, and writes the page."""
    from rich.progress import track

    from tests.catalogue import CELLS

    spawn = multiprocessing.get_context("spawn")
    found: list[Tried] = []
    with concurrent.futures.ProcessPoolExecutor(2, spawn, max_tasks_per_child=4) as pool:
        for some in track(pool.map(tried, range(len(CELLS))), "cells", len(CELLS)):
            found += some
    wrong = [one for one in found if one.outcome not in ("right", "refused")]
    for one in wrong:
        print(f"{one.cell} on {one.engine}, {one.transformation}: {one.outcome[:300]}")
    PAGE.write_text(page(found) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
