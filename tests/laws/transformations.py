"""Tries every transformation with every engine and every cell, and writes what came of it.

    python -m tests.laws.transformations            all cells: an hour and more, two processes
    python -m tests.laws.transformations LSTM GRU   some; what is known of others stays
    python -m tests.laws.transformations missing    those of which nothing is known

It writes `docs/transformations.json`, and of that `docs/transformations.md`. It ends with code 1 if
any numbers were wrong or anything was refused in more than a line.
"""

import collections
import json
import multiprocessing
import os
import pathlib
import sys
import tempfile
import time
from typing import NamedTuple

from tests.flags import XLA_FLAGS

KEPT = pathlib.Path("docs/transformations.json")
PAGE = KEPT.with_suffix(".md")
HEAD = """# What may be done to a run

By engine, over all cells of the catalogue that it serves, one small size each: of how many the
numbers are those of `unroll.scan`, results and gradients, with masks and resets. Where fewer are
right than were tried the others were refused, in one line. The transformations are those of
`rnnjax/testing/transform_laws.py`.
"""

REFUSED = "refused"


class Tried(NamedTuple):
    """What came of all transformations of all engines that serve a cell."""

    seconds: float
    # Of each engine, of each transformation that was not right: refused, or how it is wrong.
    others: dict[str, dict[str, str]]


def tried(given: tuple[str, str]) -> tuple[str, Tried]:
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

    (cell,), others = [cell for cell in CELLS if str(cell) == text], {}
    begin = time.perf_counter()
    for name in unroll.__all__:
        engine = getattr(unroll, name)
        if not engine.serves(cell):
            continue
        of_engine = others[engine.name] = {}
        for transformation in TRANSFORMATIONS:
            try:
                if not check_transformation(transformation, engine, cell):
                    of_engine[transformation.name] = REFUSED
            except Exception as error:  # whatever it is, it is what came of it
                said = f"{type(error).__name__}: {str(error).strip()}".replace("\n", " | ")
                of_engine[transformation.name] = said
    return text, Tried(round(time.perf_counter() - begin, 1), others)


def page(columns: list[str], known: dict[str, Tried]) -> str:
    """Returns the table."""
    cells = collections.Counter(engine for one in known.values() for engine in one.others)
    others = collections.Counter(
        (engine, transformation)
        for one in known.values()
        for engine, of_engine in one.others.items()
        for transformation in of_engine
    )
    lines = [f"| engine | cells | {' | '.join(columns)} |", f"|{' --- |' * (len(columns) + 2)}"]
    for engine, count in sorted(cells.items()):
        numbers = (count - others[engine, column] or REFUSED for column in columns)
        lines.append(f"| `{engine}` | {count} | {' | '.join(map(str, numbers))} |")
    seconds = sum(one.seconds for one in known.values()) / len(known)
    pairs = cells.total() * len(columns)
    said = f"{pairs:,} tried with {len(known)} cells, {seconds:.0f} s a cell."
    wrong = [f"- {line}" for text, one in known.items() for line in _wrong(text, one)]
    return (
        "\n".join([HEAD, *lines, "", said, *(["", "Wrong:", "", *wrong] if wrong else [])]) + "\n"
    )


def main(names: list[str]) -> int:
    """Tries all, and writes the page."""
    from rich.progress import track

    os.environ.setdefault("XLA_FLAGS", XLA_FLAGS)  # also of the processes that it starts
    from rnnjax.testing.transform_laws import TRANSFORMATIONS
    from tests.catalogue import CELLS

    columns = [transformation.name for transformation in TRANSFORMATIONS]
    here = list(map(str, CELLS))
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    cells = kept["cells"] if kept.get("transformations") == columns else {}
    known = {text: Tried(*cells[text]) for text in here if text in cells}
    if names == ["missing"]:
        wanted = [text for text in here if text not in known]
    else:
        wanted = [text for text in here if not names or text.partition("(")[0] in names]
    with (
        tempfile.TemporaryDirectory() as programs,
        # A process that has compiled so many programs takes gigabytes.
        multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=4) as pool,
    ):
        each = pool.imap_unordered(tried, [(text, programs) for text in wanted])
        for text, one in track(each, "cells", len(wanted)):
            known[text] = one
            for line in _wrong(text, one):
                print(line)
            known = {text: known[text] for text in here if text in known}
            _keep(columns, known)
            PAGE.write_text(page(columns, known))
    return 1 if any(_wrong(text, one) for text, one in known.items()) else 0


def _keep(columns: list[str], known: dict[str, Tried]) -> None:
    """Writes what is known, a cell in a line."""
    cells = (f"{json.dumps(text)}: {json.dumps(one)}" for text, one in known.items())
    text = ",\n".join(cells)
    KEPT.write_text(f'{{"transformations": {json.dumps(columns)},\n"cells": {{\n{text}\n}}}}\n')


def _wrong(text: str, one: Tried) -> list[str]:
    """Returns what is neither right nor refused with a cell, in a line each."""
    return [
        f"{text} on `{engine}`, {transformation}: {outcome[:300]}"
        for engine, of_engine in one.others.items()
        for transformation, outcome in of_engine.items()
        if outcome != REFUSED
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
