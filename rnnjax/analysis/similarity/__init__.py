"""How alike two recordings of the same moments are, and two dynamics.

Measures differ in what they take for the same: CKA and Procrustes turned and scaled states, CCA
states under any invertible map, `dsa` dynamics whatever the states look like.
"""

from rnnjax.analysis.similarity.cca import canonical_correlations, svcca
from rnnjax.analysis.similarity.cka import debiased_cka, linear_cka, rbf_cka
from rnnjax.analysis.similarity.dsa import dynamics_distance, fit_dynamics
from rnnjax.analysis.similarity.matrix import plot_similarity, similarity_matrix
from rnnjax.analysis.similarity.procrustes import Alignment, align, shape_distance

__all__ = [
    "Alignment",
    "align",
    "canonical_correlations",
    "debiased_cka",
    "dynamics_distance",
    "fit_dynamics",
    "linear_cka",
    "plot_similarity",
    "rbf_cka",
    "shape_distance",
    "similarity_matrix",
    "svcca",
]
