"""The report of a sweep: a table for programs, figures, and a page for people."""

import base64
import csv
import html
import io
import logging
import os
import pathlib
from collections.abc import Sequence

from rnnjax.runs.durable import write_text
from rnnjax.runs.figures.style import not_drawn
from rnnjax.sweeps.columns import point_columns
from rnnjax.sweeps.records import Sweep, read_sweep
from rnnjax.sweeps.report.labels import name_run
from rnnjax.sweeps.report.plots import Picture, draw_plots
from rnnjax.sweeps.report.table import MOST_ROWS, Rows, point_rows, ranking_rows, summary_lines

logger = logging.getLogger(__name__)

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff;
       max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0.2rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
code { font: 0.87em ui-monospace, monospace; overflow-wrap: anywhere; }
img { width: 100%; height: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.8rem 0.25rem 0;
         border-bottom: 1px solid #e4e4e4; }
th { border-bottom: 2px solid #555; }
td:last-child { white-space: nowrap; }
div { overflow-x: auto; }
"""


def write_report(workdir: str | os.PathLike[str]) -> pathlib.Path:
    """Writes `sweep.csv`, figures into `plots/` and `report.html`, one page with all of it.

    Args:
        workdir: the sweep's folder, finished or not.

    Returns:
        The page's path.

    Raises:
        ValueError: if the folder holds no sweep.

    Example:
        >>> write_report("~/runs/adding-sweep")  # doctest: +SKIP
        PosixPath('/home/me/runs/adding-sweep/report.html')
    """
    sweep = read_sweep(workdir)
    write_text(sweep.folder / "sweep.csv", _csv(sweep))
    try:
        pictures = draw_plots(sweep)
    except Exception as error:  # whatever it is, the tables are worth more
        logger.warning(not_drawn(sweep.folder, error))
        pictures = []
    page = sweep.folder / "report.html"
    write_text(page, _page(sweep, pictures))
    return page


def _csv(sweep: Sweep) -> str:
    """Returns the columns of `Sweep.to_frame` and the commands, a line a point."""
    columns = point_columns(sweep) | {"command": [point.command for point in sweep.points]}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if value != value else value for value in row])  # NaN stays empty
    return text.getvalue()


def _page(sweep: Sweep, pictures: Sequence[Picture]) -> str:
    axes = ", ".join(sweep.axes) or "nothing"
    title = html.escape(f"{name_run(sweep)}: sweep of {axes}")
    ranking = ranking_rows(sweep)
    more = len(ranking.rows) - MOST_ROWS
    parts = [
        "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>",
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>",
        f"<p><code>--experiment={html.escape(sweep.experiment)} "
        f'--sweep="{html.escape(sweep.text)}"</code></p>',
        f"<p>{html.escape(' '.join(summary_lines(sweep)))}</p>",
        "<h2>Settings, best first</h2>",
        _table(ranking._replace(rows=ranking.rows[:MOST_ROWS])),
        f"<p>... and {more} more</p>" if more > 0 else "",
        *map(_figure, pictures),
        "<h2>All points, best first, and how to repeat each</h2>",
        _table(point_rows(sweep)),
    ]
    return "\n".join([*parts, "</body>\n</html>\n"])


def _table(table: Rows) -> str:
    lines = ["".join(f"<th>{html.escape(cell)}</th>" for cell in table.head)]
    lines += ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in table.rows]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div><table>\n{body}\n</table></div>"


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.path.read_bytes()).decode()
    text = html.escape(f"{picture.title}. {picture.caption}", quote=True)
    return f'<img src="data:image/png;base64,{data}" alt="{text}">'
