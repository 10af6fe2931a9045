"""Looking inside a trained network: where its state rests, and what it does near there.

Pure functions of arrays and of steps `[..., N] -> [..., N]`, of any cell by `constant_input`; the
functions `plot_...` return figures. `rnnjax.analysis.tools` asks them of a run in a folder.
"""

from rnnjax.analysis.constant_input import constant_input, input_jacobians
from rnnjax.analysis.energy import descend, kinetic_energy
from rnnjax.analysis.fixed_points import FixedPoints, fixed_points
from rnnjax.analysis.kinds import count_kinds, kinds_of, unstable_directions
from rnnjax.analysis.linearize import Linearization, linearize
from rnnjax.analysis.nonnormality import henrici_departure, transient_growth
from rnnjax.analysis.plot_eigenvalues import plot_eigenvalues
from rnnjax.analysis.plot_fixed_points import plot_fixed_points, plot_fixed_points_3d
from rnnjax.analysis.polish import polish
from rnnjax.analysis.principal_components import PrincipalComponents, principal_components
from rnnjax.analysis.starts import draw_starts
from rnnjax.analysis.time_constants import TimeConstants, time_constants

__all__ = [
    "FixedPoints",
    "Linearization",
    "PrincipalComponents",
    "TimeConstants",
    "constant_input",
    "count_kinds",
    "descend",
    "draw_starts",
    "fixed_points",
    "henrici_departure",
    "input_jacobians",
    "kinds_of",
    "kinetic_energy",
    "linearize",
    "plot_eigenvalues",
    "plot_fixed_points",
    "plot_fixed_points_3d",
    "polish",
    "principal_components",
    "time_constants",
    "transient_growth",
    "unstable_directions",
]
