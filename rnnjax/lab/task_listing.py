"""The table of tasks, from their docstrings, for `docs/tasks.md` and README.

`python -m rnnjax.lab.listing` writes both anew.
"""

import inspect
import itertools
import sys
from collections.abc import Iterable
from typing import NamedTuple

from rnnjax.lab.listing import first_paper
from rnnjax.tasks import GeneratedTask, SizedTask, Task


class Row(NamedTuple):
    """What the table says of a task.

    Example:
        >>> from rnnjax import tasks
        >>> row(tasks.Adding)._replace(paper="...")
        Row(name='Adding', kind='memory', sees='2 numbers', says='1 number', size='length', \
baseline='0.1667', summary='Add the two marked numbers of a long row.', paper='...', \
file='rnnjax/tasks/memory/adding.py')
    """

    name: str
    kind: str  # its folder
    sees: str
    says: str
    size: str  # the field that is the greatest size of a sequence; empty where sizes do not vary
    baseline: str  # the loss without memory; empty where none is known
    # What depends on data at hand is "from the data".
    summary: str  # its docstring's first line
    paper: str  # the first that it names
    file: str  # from the root of the repository


def row(kind: type[Task]) -> Row:
    """Reads a task's class, and if it is made and not stored the task as it is by default.

    Raises:
        ValueError: if its docstring names no paper under `References:`.
    """
    doc = inspect.getdoc(kind) or ""
    papers = doc.partition("References:")[2].partition("Example:")[0]
    if not papers:
        raise ValueError(f"the docstring of {kind.__name__} needs References:")
    sees = says = baseline = "from the data"
    if issubclass(kind, GeneratedTask):
        task = kind()
        sees = f"1 of {task.input_dim:,}" if task.embedded else _numbers(task.input_dim)
        at = "" if task.per_step else ", at the end"
        says = f"{_numbers(task.output_dim)}{at}"
        baseline = "" if task.baseline is None else f"{task.baseline:.4f}"
    return Row(
        name=kind.__name__,
        kind=_package(kind).rpartition(".")[2],
        sees=sees,
        says=says,
        size=kind.size_field if issubclass(kind, SizedTask) else "",
        baseline=baseline,
        summary=doc.partition("\n")[0],
        paper=first_paper(papers),
        file=f"{kind.__module__.replace('.', '/')}.py",
    )


def published(namespace: object) -> list[type[Task]]:
    """Returns the tasks of a module, without what tasks of one's own are made of.

    Example:
        >>> from rnnjax import tasks
        >>> tasks.Adding in published(tasks), tasks.GeneratedTask in published(tasks)
        (True, False)
    """
    found = [value for value in vars(namespace).values() if inspect.isclass(value)]
    tasks = [kind for kind in found if issubclass(kind, Task) and not inspect.isabstract(kind)]
    return sorted(
        (kind for kind in tasks if "References:" in (kind.__doc__ or "")),
        key=lambda kind: (_package(kind), kind.__name__.lower()),
    )


def markdown(kinds: Iterable[type[Task]]) -> str:
    """Returns the table as a document.

    Example:
        >>> from rnnjax import tasks
        >>> print(markdown([tasks.Adding]).splitlines()[-1][:60])
        | [`Adding`](../rnnjax/tasks/memory/adding.py) | 2 numbers |
    """
    rows = list(map(row, kinds))
    parts = [
        "# Tasks",
        f"{len(rows)} tasks, from their docstrings (`python -m rnnjax.lab.listing`), with the "
        "fields' defaults. The loss without memory is that of a good guess from the input at hand, "
        "in most tasks also from the number of the step, in nats or squared; each is derived where "
        "it is computed. A task of a size has `shortest`, `tested`, `grows` and `alike`: sizes "
        "that vary, a test on longer sequences, a curriculum (`tasks.SizedTask`). How many steps a "
        "second each makes is in [benchmarks/results/tasks.md](../benchmarks/results/tasks.md).",
    ]
    for kind, members in itertools.groupby(rows, key=lambda r: r.kind):
        lines = [f"## {kind}", "", _about(kind), ""]
        lines += [
            "| task | it sees, at a step | it says | size | loss without memory | what is asked "
            "| paper |",
            "|---" * 7 + "|",
        ]
        for r in members:
            size = f"`{r.size}`" if r.size else ""
            name = f"[`{r.name}`](../{r.file})"
            columns = name, r.sees, r.says, size, r.baseline, r.summary.rstrip("."), r.paper
            lines.append(f"| {' | '.join(columns)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def summary(kinds: Iterable[type[Task]]) -> str:
    """Returns a line a kind for README, with the names of its tasks.

    Example:
        >>> from rnnjax import tasks
        >>> print(summary([tasks.Adding, tasks.Echo]).splitlines()[-1][-20:])
        | `Adding`, `Echo` |
    """
    lines = ["| kind | what its tasks ask | tasks |", "|---" * 3 + "|"]
    for kind, members in itertools.groupby(map(row, kinds), key=lambda r: r.kind):
        names = ", ".join(f"`{r.name}`" for r in members)
        lines.append(f"| [{kind}](rnnjax/tasks/{kind}) | {_about(kind).rstrip('.')} | {names} |")
    return "\n".join(lines)


def _package(kind: type[Task]) -> str:
    return kind.__module__.rpartition(".")[0]


def _about(kind: str) -> str:
    """Returns the first line of a kind's docstring."""
    return (sys.modules[f"rnnjax.tasks.{kind}"].__doc__ or "").partition("\n")[0]


def _numbers(count: int) -> str:
    return f"{count:,} number{'s' * (count != 1)}"
