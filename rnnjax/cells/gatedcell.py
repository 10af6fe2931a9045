"""The contract of gated cells: blocks of affine maps of input and state, and a `combine`."""

import abc
from dataclasses import field
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation
from rnnjax.cells.base import Cell, SplitCell
from rnnjax.cells.biases import BiasInitializer, Zeros
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.initializers import Glorot, Initializer, Orthogonal, Uniform, gate_blocks
from rnnjax.typing import Array, Key, Params, State


class GatedParams(NamedTuple):
    """Parameters of a `GatedCell` that names no others; `G = len(blocks) * H`.

    Example:
        >>> from rnnjax import cells
        >>> params = cells.JANET(4).init(jax.random.key(0), 3)
        >>> jax.tree.map(jnp.shape, params)
        JANETParams(w_x=(3, 8), w_h=(4, 8), b=(8,))
    """

    w_x: Array  # [D, G]
    w_h: Array  # [H, G]
    b: Array  # [G]


class GatedState(NamedTuple):
    """State of a `GatedCell` that names no other.

    Example:
        >>> GatedState(h=jnp.zeros(2)).h.shape
        (2,)
    """

    h: Array  # [..., H]


class BlockCell(Cell, abc.ABC):
    """What gated cells share whether or not they split: widths, initial weights, initial state.

    Its matrices act in blocks of H columns, one a gate, named by `blocks` in their order: i for a
    gate that writes, f or z for one that keeps, if bias initializers are to know them. Where not
    all see the state, `recurrent_blocks` names those that do, where not all have a bias,
    `biased_blocks` those. `params_type` starts with `w_x [D, G]`, `w_h [H, R]` and `b`; what else
    it names are vectors `[H]` that start at zero. The leaves of `state_type` are `[..., H]` and
    start at zero.

    A cell whose product waits for a gate is one of these and writes its `step`; any other is a
    `GatedCell`. One that makes another matrix of `w_h`, or rows of it for more than its H units,
    says `plain_matrix = False`: then no wrapper gives it a property that it would not have in use.

    Example:
        >>> from rnnjax import cells
        >>> cells.GRUResetBefore.blocks
        ('r', 'z', 'n')
    """

    blocks: ClassVar[tuple[str, ...]]
    recurrent_blocks: ClassVar[tuple[str, ...] | None] = None  # None is all
    biased_blocks: ClassVar[tuple[str, ...] | None] = None  # None is all
    plain_matrix: ClassVar[bool] = True
    params_type: ClassVar[type] = GatedParams
    state_type: ClassVar[type] = GatedState

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Gives a cell that names no parameters a type of its own: those of another do not fit."""
        if hasattr(cls, "blocks") and cls.params_type is GatedParams:
            found = {
                "__module__": cls.__module__,
                "__qualname__": f"{cls.__qualname__}.params_type",
            }
            own = {"__slots__": (), "__doc__": f"Parameters of `{cls.__name__}`.", **found}
            cls.params_type = type(f"{cls.__name__}Params", (GatedParams,), own)
        super().__init_subclass__(**kwargs)

    hidden: int
    activation: Activation = field(default=jnp.tanh, kw_only=True)
    input_init: Initializer = field(default=Glorot(), kw_only=True)
    recurrent_init: Initializer = field(default=Orthogonal(), kw_only=True)
    bias_init: BiasInitializer = field(default=Zeros(), kw_only=True)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws weights block by block with the initializers."""
        key_x, key_h, key_b = *jax.random.split(key), jax.random.fold_in(key, 2)
        names = self.params_type._fields[3:]  # pyright: ignore[reportAttributeAccessIssue]
        return self.params_type(
            w_x=gate_blocks(self.input_init, key_x, input_dim, self.hidden, len(self.blocks)),
            w_h=self.init_recurrent(key_h),
            b=self.bias_init(key_b, _named(self.biased_blocks, self.blocks), self.hidden),
            **{name: jnp.zeros(self.hidden) for name in names},
        )

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [H, R]`, block by block."""
        count = len(_named(self.recurrent_blocks, self.blocks))
        return gate_blocks(self.recurrent_init, key, self.hidden, self.hidden, count)

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> Any:
        """Zeros."""
        names = self.state_type._fields  # pyright: ignore[reportAttributeAccessIssue]
        shape = (*batch_shape, self.hidden)
        return self.state_type(*(jnp.zeros(shape, params.w_h.dtype) for _ in names))

    def project(self, params: Params, x: Any) -> Array:
        """Returns `x w_x + b`, `[..., G]`."""
        return affine(x, params.w_x, self.bias(params.b))

    def bias(self, b: Array) -> Array:
        """Returns the biases of all blocks, `[G]`: zero for those that have none."""
        if self.biased_blocks is None:
            return b
        own = dict(zip(self.biased_blocks, b.reshape(-1, self.hidden), strict=True))
        nothing = jnp.zeros(self.hidden, b.dtype)
        return jnp.concatenate([own.get(name, nothing) for name in self.blocks])


class GatedCell(BlockCell, SplitCell):
    """A cell of gates, each an affine map of input and state: one `combine` is all it needs.

        u = x_t w_x + b,  v = h_{t-1} w_h       in blocks of H columns, named as `BlockCell` says
        state, y_t = combine(params, state, u, v)

    A plain network is the case of one block. Weights are drawn by `input_init`, `recurrent_init`
    and `bias_init`, block by block.

    Where a block is named g or n, `activation` makes a candidate of it, and nothing of what a step
    keeps; a cell of which that is not so says `plain_candidate = False`, for
    `compose.update_dropout`.

    Example:
        >>> class Leaky(GatedCell):
        ...     blocks = ("h",)
        ...     rate: float = 0.1
        ...
        ...     def combine(self, params, state, u, v):
        ...         h = (1 - self.rate) * state.h + self.rate * self.activation(u + v)
        ...         return GatedState(h), h
        >>> Leaky(64, rate=0.2)
        Leaky(hidden=64, rate=0.2)
    """

    plain_candidate: ClassVar[bool] = True

    def recur(self, params: Params, state: State) -> Array:
        """Returns `h w_h`, `[..., R]`."""
        return state.h @ params.w_h


class DiagonalCell(GatedCell):
    """A gated cell each of whose units sees itself alone of the state: `w_h` is a vector `[R]`.

        v = [h_{t-1}, h_{t-1}, ...] * w_h       once for each block that sees the state

    Example:
        >>> class Independent(DiagonalCell):
        ...     blocks = ("h",)
        ...
        ...     def combine(self, params, state, u, v):
        ...         h = self.activation(u + v)
        ...         return GatedState(h), h
        >>> Independent(4).init(jax.random.key(0), 3).w_h.shape
        (4,)
    """

    recurrent_init: Initializer = field(default=Uniform(1.0), kw_only=True)

    def init_recurrent(self, key: Key) -> Array:
        """Draws `w_h [R]`, each block as a matrix of one row."""
        count = len(_named(self.recurrent_blocks, self.blocks))
        return gate_blocks(self.recurrent_init, key, 1, self.hidden, count)[0]

    def recur(self, params: Params, state: State) -> Array:
        """Returns the state times `w_h`, `[..., R]`."""
        h = jnp.concatenate([state.h] * (params.w_h.size // self.hidden), axis=-1)
        return h * repeat(params.w_h, h)


def _named(some: tuple[str, ...] | None, blocks: tuple[str, ...]) -> tuple[str, ...]:
    return blocks if some is None else some
