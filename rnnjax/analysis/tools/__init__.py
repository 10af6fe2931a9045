"""What may be asked of a run: `--experiment=analyse --run=WORKDIR --tool=NAME`.

A tool is a function of a `LoadedRun` and of settings by name, that returns `Findings`; its name is
what `--tool` takes. To add one, write its file and put it in `TOOLS`.
"""

from rnnjax.analysis.tools.findings import Findings
from rnnjax.analysis.tools.fixed_points import fixed_points
from rnnjax.analysis.tools.reading import describe, read_tool
from rnnjax.analysis.tools.recurrence import Recurrence, inputs_of, recurrence

TOOLS = (fixed_points,)

__all__ = [
    "TOOLS",
    "Findings",
    "Recurrence",
    "describe",
    "fixed_points",
    "inputs_of",
    "read_tool",
    "recurrence",
]
