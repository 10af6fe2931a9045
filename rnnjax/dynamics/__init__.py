"""A recurrence as a dynamical system: `h_t = f(h_{t-1})`, the state one real vector.

A state of any kind as a vector and back, a step as a function of it, its Jacobians at many points
at once, and what is linear in time solved at once. Cells and closures over them will do alike.
"""

from rnnjax.dynamics.jacobians import diagonal_jacobians, jacobians
from rnnjax.dynamics.solve import solve
from rnnjax.dynamics.vector import on_vectors, to_state, to_vector

__all__ = ["diagonal_jacobians", "jacobians", "on_vectors", "solve", "to_state", "to_vector"]
