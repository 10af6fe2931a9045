"""The bistable recurrent cell: neurons with a memory of their own."""

from dataclasses import field

import jax

from rnnjax.cells.gated.nbrc import NBRC
from rnnjax.cells.gatedcell import DiagonalCell, GatedParams
from rnnjax.cells.initializers import Initializer


class BRC(DiagonalCell, NBRC):
    """Bistable recurrent cell.

        z_t = sigmoid(x_t w_x + h_{t-1} * w_h + b)          in block z
        r_t = 1 + tanh(x_t w_x + h_{t-1} * w_h + b)         in block r
        n_t = tanh(x_t w_x + r_t * h_{t-1})                 in block n
        h_t = z_t * h_{t-1} + (1 - z_t) * n_t,  y_t = h_t

    The paper's c and a are z and r. Units see no other units: `w_h` is a vector, of blocks z and r
    and 1 at first. While `r_t` is above 1 a unit has two states that it keeps for ever, the
    solutions of `h = tanh(r h)`. The candidate has no bias and no weight on the state.

    References:
        Vecoven, Ernst & Drion (2021), A bio-inspired bistable recurrent cell allows for
        long-lasting memory, PLoS ONE 16, arXiv:2006.05252.

    Example:
        >>> from rnnjax import cells
        >>> cells.BRC(64)
        BRC(hidden=64)
    """

    params_type = GatedParams  # of its own name, not NBRC's

    recurrent_init: Initializer = field(default=jax.nn.initializers.ones, kw_only=True)
