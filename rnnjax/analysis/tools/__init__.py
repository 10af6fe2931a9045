"""What may be asked of a run: `--experiment=analyse --run=WORKDIR --tool=NAME`.

A tool is a function of a `LoadedRun` and of settings by name, that returns `Findings`; its name is
what `--tool` takes. To add one, write its file and put it in `TOOLS`.
"""

from rnnjax.analysis.tools.ablation import ablation
from rnnjax.analysis.tools.coloured_text import coloured_text
from rnnjax.analysis.tools.dimensions import dimensions
from rnnjax.analysis.tools.findings import Findings
from rnnjax.analysis.tools.fixed_points import fixed_points
from rnnjax.analysis.tools.gates import gates
from rnnjax.analysis.tools.gradient_lag import gradient_lag
from rnnjax.analysis.tools.input_information import input_information
from rnnjax.analysis.tools.jacobians import jacobians
from rnnjax.analysis.tools.lyapunov import lyapunov
from rnnjax.analysis.tools.memory_capacity import memory_capacity
from rnnjax.analysis.tools.reading import describe, read_tool
from rnnjax.analysis.tools.recurrence import Recurrence, recurrence
from rnnjax.analysis.tools.saliency import saliency
from rnnjax.analysis.tools.sequences import Sequences, sequences_of
from rnnjax.analysis.tools.similarity import similarity
from rnnjax.analysis.tools.time_constants import time_constants

TOOLS = (
    fixed_points,
    time_constants,
    lyapunov,
    gradient_lag,
    jacobians,
    gates,
    memory_capacity,
    input_information,
    dimensions,
    similarity,
    ablation,
    saliency,
    coloured_text,
)

__all__ = [
    "TOOLS",
    "Findings",
    "Recurrence",
    "Sequences",
    "ablation",
    "coloured_text",
    "describe",
    "dimensions",
    "fixed_points",
    "gates",
    "gradient_lag",
    "input_information",
    "jacobians",
    "lyapunov",
    "memory_capacity",
    "read_tool",
    "recurrence",
    "saliency",
    "sequences_of",
    "similarity",
    "time_constants",
]
