"""Looking inside a trained network: pure functions of arrays and of steps, for any cell.

The families are in folders: `points` (where states rest, and what they do near there), `stability`
(what becomes of small changes over many steps), `information` (what states hold), `similarity`
(of two networks) and `units` (what single ones do); the face is flat. Functions `plot_...` return
figures and save nothing. `rnnjax.analysis.tools` asks all of them of a run in a folder.
"""

from rnnjax.analysis.information.dimensions import Dimensions, dimensions, plot_dimensions
from rnnjax.analysis.information.input_information import (
    InputInformation,
    decode_classes,
    decode_inputs,
    plot_input_information,
)
from rnnjax.analysis.information.memory_capacity import (
    MemoryCapacity,
    memory_capacity,
    plot_memory_capacity,
)
from rnnjax.analysis.information.principal_components import (
    PrincipalComponents,
    principal_components,
)
from rnnjax.analysis.information.recording import Recording
from rnnjax.analysis.points.constant_input import constant_input, input_jacobians
from rnnjax.analysis.points.energy import descend, kinetic_energy
from rnnjax.analysis.points.fixed_points import FixedPoints, fixed_points
from rnnjax.analysis.points.kinds import count_kinds, kinds_of, unstable_directions
from rnnjax.analysis.points.linearize import Linearization, linearize
from rnnjax.analysis.points.nonnormality import henrici_departure, transient_growth
from rnnjax.analysis.points.plot_eigenvalues import plot_eigenvalues
from rnnjax.analysis.points.plot_fixed_points import plot_fixed_points, plot_fixed_points_3d
from rnnjax.analysis.points.polish import polish
from rnnjax.analysis.points.starts import draw_starts
from rnnjax.analysis.similarity.cca import canonical_correlations, svcca
from rnnjax.analysis.similarity.cka import debiased_cka, linear_cka, rbf_cka
from rnnjax.analysis.similarity.dsa import LinearDynamics, dynamics_distance, fit_dynamics
from rnnjax.analysis.similarity.matrix import plot_similarity, similarity_matrix
from rnnjax.analysis.similarity.plot_alignment import plot_alignment
from rnnjax.analysis.similarity.procrustes import Alignment, align, shape_distance
from rnnjax.analysis.stability.gradient_lag import (
    GradientLag,
    gradient_by_lag,
    plot_gradient_by_lag,
)
from rnnjax.analysis.stability.isometry import Isometry, isometry, plot_singular_values
from rnnjax.analysis.stability.jacobian_lag import JacobianLag, jacobian_by_lag
from rnnjax.analysis.stability.kaplan_yorke import entropy_rate, kaplan_yorke_dimension
from rnnjax.analysis.stability.lyapunov import (
    LyapunovSpectrum,
    lyapunov_spectrum,
    plot_lyapunov_spectrum,
)
from rnnjax.analysis.stability.product_singular_values import product_log_singular_values
from rnnjax.analysis.stability.spectra import Spectra, match_eigenvalues, plot_spectra
from rnnjax.analysis.stability.time_constants import (
    TimeConstants,
    plot_time_constants,
    time_constants,
)
from rnnjax.analysis.units.ablated import Ablated, ablating
from rnnjax.analysis.units.ablation_effects import AblationEffects, ablation_effects, plot_ablation
from rnnjax.analysis.units.coloured_text import coloured_text
from rnnjax.analysis.units.cumulative import cumulative_masks, plot_cumulative_ablation
from rnnjax.analysis.units.gate_times import GateTimes, bias_times, gate_times
from rnnjax.analysis.units.gates import Saturation, gate_saturation, plot_gate_saturation
from rnnjax.analysis.units.integrated_gradients import IntegratedGradients, integrated_gradients
from rnnjax.analysis.units.saliency import Saliency, plot_saliency, saliency, smooth_gradient
from rnnjax.analysis.units.text_labels import bracket_depth, inside_quotes, line_position
from rnnjax.analysis.units.unit_ranking import UnitRanking, plot_ranking, rank_units

__all__ = [
    "Ablated",
    "AblationEffects",
    "Alignment",
    "Dimensions",
    "FixedPoints",
    "GateTimes",
    "GradientLag",
    "InputInformation",
    "IntegratedGradients",
    "Isometry",
    "JacobianLag",
    "LinearDynamics",
    "Linearization",
    "LyapunovSpectrum",
    "MemoryCapacity",
    "PrincipalComponents",
    "Recording",
    "Saliency",
    "Saturation",
    "Spectra",
    "TimeConstants",
    "UnitRanking",
    "ablating",
    "ablation_effects",
    "align",
    "bias_times",
    "bracket_depth",
    "canonical_correlations",
    "coloured_text",
    "constant_input",
    "count_kinds",
    "cumulative_masks",
    "debiased_cka",
    "decode_classes",
    "decode_inputs",
    "descend",
    "dimensions",
    "draw_starts",
    "dynamics_distance",
    "entropy_rate",
    "fit_dynamics",
    "fixed_points",
    "gate_saturation",
    "gate_times",
    "gradient_by_lag",
    "henrici_departure",
    "input_jacobians",
    "inside_quotes",
    "integrated_gradients",
    "isometry",
    "jacobian_by_lag",
    "kaplan_yorke_dimension",
    "kinds_of",
    "kinetic_energy",
    "line_position",
    "linear_cka",
    "linearize",
    "lyapunov_spectrum",
    "match_eigenvalues",
    "memory_capacity",
    "plot_ablation",
    "plot_alignment",
    "plot_cumulative_ablation",
    "plot_dimensions",
    "plot_eigenvalues",
    "plot_fixed_points",
    "plot_fixed_points_3d",
    "plot_gate_saturation",
    "plot_gradient_by_lag",
    "plot_input_information",
    "plot_lyapunov_spectrum",
    "plot_memory_capacity",
    "plot_ranking",
    "plot_saliency",
    "plot_similarity",
    "plot_singular_values",
    "plot_spectra",
    "plot_time_constants",
    "polish",
    "principal_components",
    "product_log_singular_values",
    "rank_units",
    "rbf_cka",
    "saliency",
    "shape_distance",
    "similarity_matrix",
    "smooth_gradient",
    "svcca",
    "time_constants",
    "transient_growth",
    "unstable_directions",
]
