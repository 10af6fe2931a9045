"""The recurrent part of a run's network, as one cell."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import Partial

from rnnjax import unroll
from rnnjax.analysis.points.constant_input import constant_input
from rnnjax.analysis.vector_steps import cell_step
from rnnjax.cells.base import Cell
from rnnjax.compose import Stack, with_states
from rnnjax.dynamics import to_vector
from rnnjax.models import Recurrent, SequenceModel
from rnnjax.models.naming import from_names
from rnnjax.runs.load import LoadedRun
from rnnjax.typing import Array, Params


class Recurrence(NamedTuple):
    """A network between its inputs and its readout: `cell.step(params, state, x_t)`.

    Attributes:
        cell: the layer's; of several layers a `Stack` of them.
        params: its parameters, in the precision that JAX has when it is asked for.
        input_dim: D, the features of an input.

    Example:
        >>> from rnnjax.cells import GRU
        >>> Recurrence(GRU(4), None, 3).cell
        GRU(hidden=4)
    """

    cell: Cell
    params: Params
    input_dim: int

    @property
    def step(self) -> Partial:
        """Its step as one of vectors; see `cell_step`."""
        return cell_step(self.cell, self.params)

    def start(self, batch_shape: tuple[int, ...] = ()) -> Array:
        """Returns the initial state as vectors, `[..., N]`."""
        return to_vector(self.cell.initial_state(self.params, batch_shape), batch_shape)

    def constant(self, x: tuple[float, ...]) -> Callable[[Array], Array]:
        """Returns its step at an input that stays the same, of zeros if `x` is empty.

        Raises:
            ValueError: if `x` has not the features of an input.
        """
        if len(x) not in (0, self.input_dim):
            raise ValueError(f"x={x} has {len(x)} features; inputs have {self.input_dim}")
        given = jnp.asarray(x or (0.0,) * self.input_dim, float)
        return constant_input(self.cell, self.params, given)

    def visited(self, xs: Array, steps: Array | None = None) -> Array:
        """Returns the states after each step of sequences as vectors, `[T, B, N]`.

        Args:
            xs: inputs, `[T, B, D]`.
            steps: boolean `[T, B]`, False where there is no step: zeros are there.
        """
        cell = with_states(self.cell)
        start = self.cell.initial_state(self.params, xs.shape[1:2])
        _, seen = jax.jit(unroll.scan)(cell, self.params, start, xs, mask=steps)
        return to_vector(seen.state, xs.shape[:2])


def recurrence(run: LoadedRun) -> Recurrence:
    """Returns the recurrent part of a run's network.

    Under `jax.enable_x64(True)` it is in double precision, whatever it was trained in.

    Raises:
        TypeError: if the network has no state that one step leads from the next: one without
            recurrent layers, one that runs both ways, or an encoder with a decoder.

    Example:
        >>> from rnnjax import runs
        >>> recurrence(runs.load("runs/flip_flop-1234abcd")).cell  # doctest: +SKIP
        Elman(hidden=16)
    """
    model = run.model
    if not isinstance(model, SequenceModel):
        raise TypeError(f"is for recurrent layers; {run.folder} has a {type(model).__name__}")
    layers = model.layers
    if not all(isinstance(layer, Recurrent) and not layer.reverse for layer in layers):
        raise TypeError(f"is for layers that run forward in time; those of {run.folder} do not")
    cells, params, width = [], [], _input_dim(run)
    input_dim = width
    for index, layer in enumerate(layers):
        cell = layer.cell
        like = jax.eval_shape(functools.partial(cell.init, input_dim=width), jax.random.key(0))
        own = run.params.get(f"layers_{index}", {}).get("cell", {})
        cells.append(cell)
        params.append(from_names(own, like))
        width = cell.output_dim
    whole = (cells[0], params[0]) if len(cells) == 1 else (Stack(tuple(cells)), tuple(params))
    return Recurrence(whole[0], jax.tree.map(as_precise, whole[1]), input_dim)


def title_of(run: LoadedRun, what: str) -> str:
    """Returns the title of a figure: the run, what is looked at, the network.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> title_of(run, "fixed points")  # doctest: +SKIP
        'flip_flop-1234abcd: fixed points of Elman(hidden=16)'
    """
    cells = [str(layer.cell) for layer in run.model.layers]
    same = f"{len(cells)} x {cells[0]}" if len(cells) > 1 else cells[0]
    return f"{run.folder.name}: {what} of {same if len(set(cells)) == 1 else ' + '.join(cells)}"


def as_precise(leaf: Any) -> Array:
    """Returns numbers in the precision that JAX has, single or double; whole ones as they are.

    Example:
        >>> as_precise(jnp.ones(2, jnp.bfloat16)).dtype
        dtype('float32')
    """
    leaf = jnp.asarray(leaf)
    if not jnp.issubdtype(leaf.dtype, jnp.inexact):
        return leaf
    return leaf.astype(complex if jnp.iscomplexobj(leaf) else float)


def _input_dim(run: LoadedRun) -> int:
    encoder = run.model.encoder
    return run.task.input_dim if encoder is None else encoder.features
