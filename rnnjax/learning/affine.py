"""Steps of gated cells as one affine map and what is made of it.

    z_t = f_t W,  f_t = [h_{t-1}, x_t, 1],   h_t = phi(z_t, h_{t-1})
    dh_t / dW = f_t (x) dh_t / dz_t          with h_{t-1} held

So a step's own influence is an outer product. In `z` are the products with the input and with the
state, one beside the other, as some cells treat them apart; and the cell's other vectors, which are
weights of the 1 alone. Where a block of `W` has no weights, what comes out for them is left out.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell, SplitCell
from rnnjax.cells.gatedcell import BlockCell, GatedCell
from rnnjax.dynamics import to_state, to_vector
from rnnjax.learning.base import Rule, taught
from rnnjax.learning.step import Step
from rnnjax.numbers import numbers_of, with_numbers
from rnnjax.typing import Array

_MATRICES = ("w_x", "w_h", "b")
HIGHEST = jax.lax.Precision.HIGHEST


class AffineStep(NamedTuple):
    """What a step does with parameters and state.

    Example:
        >>> AffineStep(features=1.0, direct=2.0, jacobian=0.5).jacobian
        0.5
    """

    features: Array  # f, [F], F = H + D + 1
    direct: Array  # dh_t / dz_t, [N, Z]
    jacobian: Array  # dh_t / dh_{t-1}, [N, N]


class AffineRule(Rule, abc.ABC):
    """A rule for cells all of whose weights multiply `[h, x, 1]`.

    Example:
        >>> from rnnjax import cells, learning
        >>> learning.KFRTRL().serves(cells.LSTM(4)), learning.KFRTRL().serves(cells.IndRNN(4))
        (True, False)
    """

    contracts = (GatedCell,)

    def runs(self, cell: Cell) -> bool:
        """Says whether it is a `GatedCell` with its own products `x w_x + b` and `h w_h`."""
        if not isinstance(cell, GatedCell):
            return False
        maps = type(cell).recur, type(cell).project, type(cell).attend
        return maps == (GatedCell.recur, BlockCell.project, SplitCell.attend)

    def check_cell(self, cell: Cell) -> None:
        """Refuses cells that this rule does not run.

        Raises:
            TypeError: if the cell's products are others, as those of `DiagonalCell` and wrappers.
        """
        inner = taught(cell)
        if isinstance(inner, Cell) and not self.runs(inner):
            raise TypeError(
                f"{self.full_name} runs a GatedCell whose products are x w_x + b and h w_h, "
                f"and nothing around it; got {inner}"
            )
        super().check_cell(cell)


def affine_step(step: Step) -> AffineStep:
    """Returns the features of a step, and its derivatives."""
    cell, params = _gated(step), step.params
    step = step.started()
    state, x_t, h = step.state, step.inputs[0], step.h
    u, others = cell.project(params, x_t), _others(params)

    def combined(z: tuple[Array, Array, dict[str, Array]], h: Array) -> Array:
        u, v, others = z
        before = with_numbers(state, numbers_of(to_state(h, numbers_of(state))))
        v = cell.recur(params, before) + v
        after, _ = cell.combine(params._replace(**others), before, u, v)
        return to_vector(numbers_of(after)).astype(h.dtype)

    v = jnp.zeros(params.w_h.shape[1], params.w_h.dtype)
    _, pull = jax.vjp(combined, (u, v, others), h)
    (d_u, d_v, d_others), jacobian = jax.vmap(pull)(jnp.eye(h.size, dtype=h.dtype))
    parts = [d_u, d_v, *(x.reshape(h.size, -1) for x in d_others.values())]
    features = [state.h, x_t, jnp.ones(1)]
    return AffineStep(
        jnp.concatenate([x.astype(h.dtype) for x in features]),
        jnp.concatenate([x.astype(h.dtype) for x in parts], axis=-1),
        jacobian,
    )


def zero_pair(step: Step) -> tuple[Array, Array]:
    """Returns zeros like features, `[F]`, and derivatives, `[N, Z]`; only shapes are used."""
    h, params = step.zero_h(), step.params
    (d, g), (hidden, r) = params.w_x.shape, params.w_h.shape
    z = g + r + sum(x.size for x in _others(params).values())
    return jnp.zeros(hidden + d + 1, h.dtype), jnp.zeros((h.size, z), h.dtype)


def gradients(step: Step, features: Array, z: Array) -> list[Array]:
    """Returns the gradients of `step.theta` from `sum_m f_m (x) z_m`, `[M, F]` and `[M, Z]`."""
    params = step.params
    (d, g), (hidden, r) = params.w_x.shape, params.w_h.shape
    f_h, f_x, one = jnp.split(features, [hidden, hidden + d], axis=1)
    of_one = jnp.tensordot(one[:, 0], z, 1, precision=HIGHEST)
    others, at = {}, g + r
    for name, x in _others(params).items():
        others[name] = of_one[at : at + x.size].reshape(x.shape)
        at += x.size
    (b,) = jax.linear_transpose(_gated(step).bias, params.b)(of_one[:g].astype(params.b.dtype))
    return numbers_of(
        params._replace(
            w_x=jnp.matmul(f_x.T, z[:, :g], precision=HIGHEST),
            w_h=jnp.matmul(f_h.T, z[:, g : g + r], precision=HIGHEST),
            b=b,
            **others,
        )
    )


def _gated(step: Step) -> GatedCell:
    return step.cell  # pyright: ignore[reportReturnType]  # as `AffineRule.check_cell` sees to


def _others(params: Any) -> dict[str, Array]:
    return {name: x for name, x in params._asdict().items() if name not in _MATRICES}
