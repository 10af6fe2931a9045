"""Gates around an orthogonal product."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.gatedcell import GatedCell, GatedState
from rnnjax.cells.initializers import Initializer, Uniform
from rnnjax.cells.orthogonal.mappedcell import widened
from rnnjax.cells.orthogonal.modrelu import mod_relu
from rnnjax.cells.orthogonal.parametrizations import BrickWall, Mesh
from rnnjax.typing import Array, Key, Params, Static


class GORUParams(NamedTuple):
    """Parameters of `GORU`; blocks n, r, f, of which Q is made of angles."""

    w_x: Array  # [D, 3H]
    w_h: Array  # [H, 2H], of blocks r, f
    b: Array  # [3H]
    theta: Array  # [P], an angle a pair


class GORUPrepared(NamedTuple):
    """Parameters of `GORU` as its steps use them."""

    w_x: Array  # [D, 3H]
    w_h: Array  # [H, 3H], Q first
    b: Array  # [3H]


class GORUGates(NamedTuple):
    """Gates of `GORU`, `[..., H]` each."""

    r: Array
    f: Array
    n: Array


class GORUBiases(Static):
    """Biases of 0.01 in the candidate's block n, of 2 in block r, and zero elsewhere.

    Example:
        >>> GORUBiases()(jax.random.key(0), ("n", "r", "f"), 1).round(2).tolist()
        [0.009999999776482582, 2.0, 0.0]
    """

    def __call__(self, key: Key, blocks: tuple[str, ...], hidden: int) -> Array:
        """Returns a vector `[len(blocks) * hidden]`."""
        del key
        values = [{"n": 0.01, "r": 2.0}.get(name, 0.0) for name in blocks]
        return jnp.repeat(jnp.asarray(values), hidden)


class GORU(GatedCell):
    """Gated orthogonal recurrent unit.

        r_t, f_t = sigmoid(x_t w_x + h_{t-1} w_h + b)           in blocks r, f
        n_t = mod_relu(x_t w_x + r_t * (h_{t-1} Q), b)          in block n
        h_t = f_t * h_{t-1} + (1 - f_t) * n_t,  y_t = h_t
        mod_relu(z, b) = sign(z) relu(|z| + b)

    `Q` is a product of layers of rotations of pairs of units, which `mesh` says, made once a
    sequence: `BrickWall(2)` of neighbours, all rotations with as many layers as units, or
    `Butterfly()` of a power of two, as in the authors' code by default. The code adds 0.001 to the
    candidate's bias, which is in `b` here.

    References:
        Jing et al. (2017), Gated orthogonal recurrent units: on learning to forget,
        arXiv:1706.02761.

    Example:
        >>> from rnnjax import cells
        >>> cells.GORU(64, cells.Butterfly())
        GORU(hidden=64, mesh=Butterfly())
    """

    blocks = ("n", "r", "f")
    recurrent_blocks = ("r", "f")
    params_type = GORUParams
    plain_candidate = False  # its activation is modReLU, and no field

    mesh: Mesh = BrickWall(2)
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    input_init: Initializer = field(default=Uniform(0.01), kw_only=True)
    recurrent_init: Initializer = field(default=Uniform(0.01), kw_only=True)
    bias_init: BiasInitializer = field(default=GORUBiases(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what is no mesh of so many units.

        Raises:
            ValueError: if it is none.
        """
        super().__post_init__()
        check_mesh(self, self.mesh, self.hidden)

    def init(self, key: Key, input_dim: int) -> GORUParams:
        """Draws weights block by block with the initializers, and angles."""
        params = super().init(key, input_dim)
        return params._replace(theta=self.mesh.init(jax.random.fold_in(key, 3), self.hidden))

    def prepare(self, params: Params) -> GORUPrepared:
        """Makes `Q` and lays it beside the gates' weights."""
        if isinstance(params, GORUPrepared):
            return params
        Q = self.mesh(widened(params.theta), self.hidden).astype(params.w_h.dtype)
        return GORUPrepared(params.w_x, jnp.concatenate([Q, params.w_h], axis=1), params.b)

    def project(self, params: Params, x: Array) -> Array:
        """Returns `x w_x + b`, the candidate's without `b`, `[..., 3H]`."""
        nothing = jnp.zeros_like(params.b[: self.hidden])
        return affine(x, params.w_x, jnp.concatenate([nothing, params.b[self.hidden :]]))

    def recur(self, params: Params, state: GatedState) -> Array:
        """Returns `h Q` and `h w_h`, `[..., 3H]`."""
        return state.h @ self.prepare(params).w_h

    def combine(
        self, params: Params, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        _, f, n = self.gates(params, state, u, v)
        h = f * state.h + (1 - f) * n
        return GatedState(h), h

    def gates(self, params: Params, state: GatedState, u: Array, v: Array) -> GORUGates:
        """Returns the values of the gates."""
        del state
        u_n, u_r, u_f = jnp.split(u, 3, axis=-1)
        v_n, v_r, v_f = jnp.split(v, 3, axis=-1)
        r = self.gate_activation(u_r + v_r)
        n = mod_relu(u_n + r * v_n, repeat(params.b[: self.hidden], u_n))
        return GORUGates(r=r, f=self.gate_activation(u_f + v_f), n=n)


def check_mesh(cell: Static, mesh: object, hidden: int) -> None:
    """Refuses what is no mesh of `hidden` units.

    Raises:
        ValueError: if it is none.
    """
    if not isinstance(mesh, Mesh):
        raise ValueError(f"{cell}: mesh must be a mesh, such as BrickWall(2)")
    mesh.count(hidden)
