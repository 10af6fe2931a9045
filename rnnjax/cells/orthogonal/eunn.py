"""Unitary matrices as layers of rotations of pairs."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.initializers import Initializer, Uniform
from rnnjax.cells.orthogonal.goru import check_mesh
from rnnjax.cells.orthogonal.maps import rotations
from rnnjax.cells.orthogonal.parametrizations import BrickWall, Mesh
from rnnjax.cells.orthogonal.unitarycell import UnitaryCell
from rnnjax.typing import Array, Key


class EUNNParams(NamedTuple):
    """Parameters of `EUNN`; P pairs of units."""

    w_x: Array  # [D, 2H], real and imaginary parts
    theta: Array  # [P]
    phi: Array  # [P]
    omega: Array  # [H]
    b: Array  # [H]


class EUNN(UnitaryCell):
    """Efficient unitary network, complex.

        [z_i, z_j] <- [z_i, z_j] [[cos(theta), sin(theta)],
                                  [-e^{i phi} sin(theta), e^{i phi} cos(theta)]]    of each pair
        W = (layers of pairs, one after the other) diag(e^{i omega})
        z_t = x_t w_x + h_{t-1} W,  h_t = z_t / |z_t| relu(|z_t| + b)
        y_t = [re(h_t), im(h_t)]

    `mesh` says which units meet: `BrickWall(2)` are two layers of neighbours, `BrickWall()` as many
    as units, which is all unitary matrices, `Butterfly()` the pairs of a fast Fourier transform of
    a power of two. `W` is made once a sequence. As in the authors' code the phase is the second
    unit's column, not the paper's row: the same matrices by other angles; but angles of a butterfly
    come in the order of first units here. The code adds 0.01 to `|z|`, which changes the norm of
    the state; this does not. Real rotations on a real cell are `compose.orthogonal(cell, mesh)`.

    References:
        Jing et al. (2017), Tunable efficient unitary neural networks (EUNN) and their application
        to RNNs, ICML, arXiv:1612.05231.

    Example:
        >>> from rnnjax import cells
        >>> cells.EUNN(64, cells.Butterfly())
        EUNN(hidden=64, mesh=Butterfly())
    """

    params_type = EUNNParams

    mesh: Mesh = BrickWall(2)
    input_init: Initializer = field(default=Uniform(0.01), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what is no mesh of so many units.

        Raises:
            ValueError: if it is none.
        """
        super().__post_init__()
        check_mesh(self, self.mesh, self.hidden)

    def init_map(self, key: Key) -> dict[str, Array]:
        """Draws all angles from the circle."""
        keys = jax.random.split(key, 3)
        return {
            "theta": self.mesh.init(keys[0], self.hidden),
            "phi": self.mesh.init(keys[1], self.hidden),
            "omega": jax.random.uniform(keys[2], (self.hidden,), minval=-jnp.pi, maxval=jnp.pi),
        }

    def matrix(self, params: EUNNParams) -> Array:
        """Returns the product of the layers and the last phases."""
        W = rotations(params.theta, params.phi, self.mesh.pairs(self.hidden), self.hidden)
        phases = jax.lax.complex(jnp.cos(params.omega), jnp.sin(params.omega))
        return W * jnp.broadcast_to(phases, W.shape)
