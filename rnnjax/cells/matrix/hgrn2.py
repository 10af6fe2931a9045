"""HGRN with a matrix for a state: keys are what the forget gate lets go."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid, silu
from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.matrix.heads import merge, outer, read_by, wide_dtype
from rnnjax.cells.matrix.memories import DecayElement, DecayingMemory, MatrixState
from rnnjax.typing import Array, Key


class HGRN2Params(NamedTuple):
    """Parameters of `HGRN2`; `K = heads * dk`."""

    w_o: Array  # [D, K]
    b_o: Array  # [K]
    w_f: Array  # [D, K]
    b_f: Array  # [K]
    w_i: Array  # [D, H]
    b_i: Array  # [H]


class HGRN2(DecayingMemory):
    """Hierarchically gated recurrent network with a matrix a head.

        o_t = sigmoid(x_t w_o + b_o),  i_t = activation(x_t w_i + b_i)          in heads
        f_t = bound + (1 - bound) * sigmoid(x_t w_f + b_f)                      in heads
        S_t = diag(f_t) S_{t-1} + (1 - f_t)^T i_t,  y_t = o_t S_t

    Each row of S is an average of the inputs that forgets at its own rate. With heads of one unit
    it is a real `HGRN`. The lower bound of the decay is 0 in the paper's first layer and rises to
    almost 1 in the last; it learns those of all layers together, here each cell has its own as a
    constant. A head is `dv = hidden / heads` wide, and so are its keys, or `key_dim`. The norm and
    the product after it belong to the layer.

    References:
        Qin et al. (2024), HGRN2: gated linear RNNs with state expansion, COLM, arXiv:2404.07904,
        section 3.

    Example:
        >>> HGRN2(64, heads=4, bound=0.5)
        HGRN2(hidden=64, heads=4, bound=0.5)
    """

    bound: float = field(default=0.0, kw_only=True)
    activation: Activation = field(default=silu, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses bounds that no decay can have.

        Raises:
            ValueError: also if not `0 <= bound < 1`.
        """
        super().__post_init__()
        if not 0 <= self.bound < 1:
            raise ValueError(f"{self}: bound must be in [0, 1)")

    def init(self, key: Key, input_dim: int) -> HGRN2Params:
        """Draws Glorot weights; no bias."""
        keys = jax.random.split(key, 3)
        width, draw = self.heads * self.dk, Glorot()
        return HGRN2Params(
            w_o=draw(keys[0], (input_dim, width)),
            b_o=jnp.zeros(width),
            w_f=draw(keys[1], (input_dim, width)),
            b_f=jnp.zeros(width),
            w_i=draw(keys[2], (input_dim, self.hidden)),
            b_i=jnp.zeros(self.hidden),
        )

    def element(self, params: HGRN2Params, x: Array) -> DecayElement:
        """Returns `f` and `(1 - f)^T i`."""
        gate = self.split(affine(x, params.w_f, params.b_f)).astype(wide_dtype(params))
        f = self.bound + (1 - self.bound) * fast_sigmoid(gate)
        i = self.split(self.activation(affine(x, params.w_i, params.b_i))).astype(f.dtype)
        return DecayElement(f, outer(1 - f, i))

    def readout(self, params: HGRN2Params, state: MatrixState, x: Array) -> Array:
        """Returns `o S`, `[..., H]`."""
        o = self.split(fast_sigmoid(affine(x, params.w_o, params.b_o))).astype(state.S.dtype)
        return merge(read_by(o, state.S)).astype(jnp.result_type(x, params.w_o))
