"""Real-time recurrent learning, exact, and with the influence of few steps."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.learning.base import Rule
from rnnjax.learning.influence import Influence, Influences
from rnnjax.learning.own import own_influence
from rnnjax.learning.step import Step
from rnnjax.learning.structure import structure_of
from rnnjax.typing import Array


class RTRL(Rule):
    """Real-time recurrent learning: the exact gradient, forward in time.

        P_t = P_{t-1} J_t + I_t,   J_t = dh_t / dh_{t-1},  I_t = dh_t / dtheta, h_{t-1} held

    The influence `P` of a parameter is kept on the numbers of the state that it can reach. Units
    that do not see each other, as those of a linear or an independent recurrence, make that as many
    numbers as there are parameters, and a step costs what the cell's does; a matrix on the state
    N times as many, and N times its own cost. Nothing grows with T.

    Gradients are those of backpropagation, also of a first state if nothing is carried. In a
    network of layers it is exact for the last, and for a `Stack` as one cell for all.

    Example:
        >>> from rnnjax import unroll
        >>> from rnnjax.cells import Elman
        >>> cell, xs = Elman(4), jnp.ones((9, 2, 3))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> def loss(params, engine):
        ...     return engine(cell, params, cell.initial_state(params, (2,)), xs)[1].sum()
        >>> forward, backward = jax.grad(loss)(params, RTRL()), jax.grad(loss)(params, unroll.scan)
        >>> bool(jnp.allclose(forward.w_h, backward.w_h, rtol=1e-4))
        True

    References:
        Williams & Zipser (1989), A learning algorithm for continually running fully recurrent
        neural networks, Neural Computation 1.
        Zucchet, Meier, Schug, Mujika & Sacramento (2023), Online learning of long-range
        dependencies, NeurIPS, arXiv:2305.15947.
    """

    @property
    def reach(self) -> int | None:
        """Within how many steps an influence is kept; None is all."""
        return None

    def begin(self, step: Step) -> Influences:
        """Returns no influence, and that of the first state on itself."""
        return self._layout(step).begin(step.theta, not self.carry)

    def advance(self, step: Step, memory: Influences, noise: Any) -> Influences:
        """Moves both by the derivatives of a step."""
        del noise
        return self._layout(step).after(step, memory)

    def contract(
        self, step: Step, memory: Influences, cotangents: Array
    ) -> tuple[list[Array], Array | None]:
        """Returns `P c`."""
        return self._layout(step).times(memory, cotangents)

    def _layout(self, step: Step) -> Influence:
        leaves, structure = jax.tree.flatten((step.params, step.state, step.inputs[0]))
        shapes = tuple((jnp.shape(x), jnp.result_type(x)) for x in leaves)
        return _layout_of(step.cell, structure, shapes, self.reach)


@functools.lru_cache(maxsize=256)
def _layout_of(cell: Cell, structure: Any, leaves: tuple, reach: int | None) -> Influence:
    like = jax.tree.unflatten(structure, [jax.ShapeDtypeStruct(*leaf) for leaf in leaves])
    structure = structure_of(cell, *like)
    own = own_influence(cell, like, structure) if reach == 1 else None
    return own or Influence(structure, reach)
