"""Decoupled neural interfaces: what is to come is learned, as a synthetic gradient."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import affine, leading_axes
from rnnjax.cells.initializers import Glorot
from rnnjax.dynamics import to_state, to_vector
from rnnjax.learning.base import taught
from rnnjax.learning.memoryless import Memoryless
from rnnjax.learning.windows import Window, Within, window_of
from rnnjax.numbers import numbers_of
from rnnjax.typing import Array, Key, Params, State


class Affine(NamedTuple):
    """A layer of a synthesiser.

    Example:
        >>> Affine(w=jnp.zeros((2, 2)), b=jnp.zeros(2)).w.shape
        (2, 2)
    """

    w: Array
    b: Array


class SynthesisedParams(NamedTuple):
    """Parameters of a cell and of its synthesiser.

    Example:
        >>> SynthesisedParams(cell=(), synthesiser=()).synthesiser
        ()
    """

    cell: Params
    synthesiser: tuple[Affine, ...]


class Synthesised(Cell):
    """A cell beside whose parameters are those of a synthesiser, `M(h) = dL / dh` of what follows.

    Values are those of the cell. A synthesiser is an affine map of the state as a vector `[N]`,
    or with `hidden` units tanh between two; it is zero at first.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> params = Synthesised(LSTM(4)).init(jax.random.key(0), 3)
        >>> jax.tree.map(jnp.shape, params.synthesiser)  # of h and c
        (Affine(w=(8, 8), b=(8,)),)
    """

    cell: Cell
    hidden: int | None = None

    @property
    def output_dim(self) -> int:
        """The cell's own."""
        return self.cell.output_dim

    def init(self, key: Key, input_dim: int) -> SynthesisedParams:
        """Draws the cell's parameters, as without a synthesiser, and adds one."""
        params = self.cell.init(key, input_dim)
        count = to_vector(numbers_of(self.cell.initial_state(params))).size
        if self.hidden is None:
            return SynthesisedParams(params, (_zero(count, count),))
        w = Glorot()(jax.random.fold_in(key, 1), (count, self.hidden))
        layers = Affine(w, jnp.zeros(self.hidden)), _zero(self.hidden, count)
        return SynthesisedParams(params, layers)

    def prepare(self, params: SynthesisedParams) -> SynthesisedParams:
        """Prepares the cell's parameters."""
        return params._replace(cell=self.cell.prepare(params.cell))

    def perturb(self, key: Key, params: SynthesisedParams) -> SynthesisedParams:
        """Perturbs the cell's parameters."""
        changed = self.cell.perturb(key, params.cell)
        return params if changed is params.cell else params._replace(cell=changed)

    def initial_state(self, params: SynthesisedParams, batch_shape: tuple[int, ...] = ()) -> State:
        """The cell's own."""
        return self.cell.initial_state(params.cell, batch_shape)

    def draw(self, key: Key, params: SynthesisedParams, leading: tuple[int, ...]) -> Any:
        """Draws the cell's noise."""
        return self.cell.draw(key, params.cell, leading)

    def output(self, params: SynthesisedParams, state: State) -> Any:
        """The cell's own."""
        return self.cell.output(params.cell, state)

    def step(self, params: SynthesisedParams, state: State, x_t: Any) -> tuple[State, Any]:
        """Runs one step of the cell."""
        return self.cell.step(params.cell, state, x_t)


class DNI(Memoryless):
    """Synthetic gradients: windows whose last state has an estimate of what is to come.

        dL / dtheta = backpropagation within the window, with M(h_end) as the cotangent of h_end
        loss of M: |M(h_start) - c|^2 / 2,  c = dL / dh_start as that backpropagation has it

    The target `c` is held, and itself holds `M(h_end)`: a bootstrap. The gradient of M's loss,
    summed over windows and sequences, is that of the synthesiser's parameters, beside the cell's:
    M learns by the same optimizer. While M is zero it is `TBPTT`, and with the M that is right it
    is backpropagation. Where a sequence ends there is nothing to come. If it is to `carry`, a run
    does not end sequences: its last window takes M's estimate, and the next one's first teaches M.

    The gradients in M's loss scale with those of the loss, so that a loss of twice the size has
    one of four times the size here. In a `Synthesised` cell, of which `learner` makes one; `hidden`
    are the units of its synthesiser.

    Example:
        >>> from rnnjax.cells import GRU
        >>> DNI(window=5).learner(GRU(8), 3)
        Synthesised(cell=GRU(hidden=8), hidden=None)

    References:
        Jaderberg, Czarnecki, Osindero, Vinyals, Graves, Silver & Kavukcuoglu (2017), Decoupled
        neural interfaces using synthetic gradients, ICML, arXiv:1608.05343.
    """

    contracts = (Synthesised,)
    looks_ahead = True

    hidden: int | None = None

    def learner(self, cell: Cell, input_dim: int) -> Cell:
        """Returns the cell with a synthesiser, in a `Learner` if it carries."""
        made = cell if isinstance(taught(cell), Synthesised) else Synthesised(cell, self.hidden)
        return super().learner(made, input_dim)

    def check_cell(self, cell: Cell) -> None:
        """Refuses cells that this rule does not run.

        Raises:
            TypeError: if the cell has no synthesiser; see `Rule`.
        """
        if isinstance(cell, Cell) and not isinstance(taught(cell), Synthesised):
            raise TypeError(
                f"{self.full_name} runs a cell with a synthesiser, such as its method "
                f"learner(cell, input_dim) makes; got {cell}"
            )
        super().check_cell(cell)

    def within(
        self,
        cell: Cell,
        params: SynthesisedParams,
        state: State,
        window: Window,
        d_end: list[Array],
    ) -> Within:
        """Backpropagates from M's estimate, and M's loss by itself."""
        batch_shape = leading_axes(window.inputs[0])[1:]
        numbers = numbers_of(params), numbers_of(state), numbers_of(window.inputs[0])
        run = window_of(cell, params, state, window.inputs)
        (h_end, _), pull, after = jax.vjp(run, *numbers, has_aux=True)

        to_come = synthesise(params.synthesiser, to_vector(h_end, batch_shape))
        to_come = jnp.where(window.ends_on[..., None], to_come, 0)
        d_end = [a + b for a, b in zip(d_end, _cotangents(to_come, h_end), strict=True)]
        d_theta, d_start, d_xs = pull((d_end, window.d_ys))

        c = to_vector([d.conj() for d in d_start], batch_shape)
        h = to_vector(numbers[1], batch_shape)
        found, pull = jax.vjp(lambda layers: synthesise(layers, h), params.synthesiser)
        error = jnp.where(window.starts_on[..., None], found - c.astype(found.dtype), 0)
        (own,) = pull(error)
        own = numbers_of(own)
        return Within(after, [*d_theta[: -len(own)], *own], d_start, d_xs)


def synthesise(layers: tuple[Affine, ...], h: Array) -> Array:
    """Returns the synthetic gradients of states as vectors, `[..., N]` each.

    Example:
        >>> synthesise((Affine(jnp.eye(2), jnp.ones(2)),), jnp.array([3.0, 4.0])).tolist()
        [4.0, 5.0]
    """
    *before, last = layers
    for layer in before:
        h = jnp.tanh(affine(h, layer.w, layer.b))
    return affine(h, last.w, last.b)


def _zero(rows: int, columns: int) -> Affine:
    return Affine(jnp.zeros((rows, columns)), jnp.zeros(columns))


def _cotangents(c: Array, like: list[Array]) -> list[Array]:
    """Returns a vector `[..., N]` as cotangents of what is `like [..., *]`."""
    axes = c.ndim - 1
    one = [jax.ShapeDtypeStruct(x.shape[axes:], x.dtype) for x in like]
    return [d.conj() for d in numbers_of(to_state(c, one))]
