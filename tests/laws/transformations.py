"""Tries every transformation with every engine and every cell, and writes what came of it.

    python -m tests.laws.transformations            all cells: an hour and more, two processes
    python -m tests.laws.transformations LSTM GRU   some; what is known of others stays

It writes `docs/transformations.json`, and of that `docs/transformations.md`. It ends with code 1 if
any numbers were wrong or anything was refused in more than a line.
"""

import collections
import json
import multiprocessing
import pathlib
import sys
import tempfile
import time
from typing import NamedTuple

KEPT = pathlib.Path("docs/transformations.json")
PAGE = KEPT.with_suffix(".md")
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


def tried(given: tuple[str, str]) -> list[Tried]:
    """Tries all with one cell, by its text; programs that were compiled before are read."""
    text, programs = given
    import jax

    jax.config.update("jax_num_cpu_devices", 2)
    jax.config.update("jax_disable_most_optimizations", True)
    jax.config.update("jax_compilation_cache_dir", programs)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    from rnnjax import unroll
    from rnnjax.testing.transform_laws import TRANSFORMATIONS, check_transformation
    from tests.catalogue import CELLS

    (cell,), found = [cell for cell in CELLS if str(cell) == text], []
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
    said = f"{len(all_tried):,} tried with {cells} cells, {seconds:.0f} s a cell."
    wrong = [
        f"- {one.cell} on `{one.engine}`, {one.transformation}: {one.outcome[:300]}"
        for one in filter(_is_wrong, all_tried)
    ]
    return (
        "\n".join([HEAD, *lines, "", said, *(["", "Wrong:", "", *wrong] if wrong else [])]) + "\n"
    )


def main(names: list[str]) -> int:
    """Tries all, and writes the page."""
    from rich.progress import track

    from tests.catalogue import CELLS

    here = list(map(str, CELLS))
    wanted = [text for text in here if not names or text.partition("(")[0] in names]
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    kept = {text: kept[text] for text in here if text in kept and text not in wanted}
    with (
        tempfile.TemporaryDirectory() as programs,
        # A process that has compiled so many programs takes gigabytes.
        multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=4) as pool,
    ):
        each = pool.imap_unordered(tried, [(text, programs) for text in wanted])
        for some in track(each, "cells", len(wanted)):
            kept[some[0].cell] = some
            for one in filter(_is_wrong, some):
                print(f"{one.cell} on {one.engine}, {one.transformation}: {one.outcome[:300]}")
            kept = {text: kept[text] for text in here if text in kept}
            KEPT.write_text(json.dumps(kept, indent=0) + "\n")
            PAGE.write_text(page([Tried(*one) for some in kept.values() for one in some]))
    return 1 if any(_is_wrong(Tried(*one)) for some in kept.values() for one in some) else 0


def _is_wrong(one: Tried) -> bool:
    return one.outcome not in ("right", "refused")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
