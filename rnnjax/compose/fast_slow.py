"""Several cells that step one after another within a step, and one that steps once."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.cells.noise import pack, unpack
from rnnjax.typing import Key, Params, State


class FastSlowParams(NamedTuple):
    """Parameters of `FastSlow`."""

    fast: tuple[Params, ...]
    slow: Params


class FastSlowState(NamedTuple):
    """State of `FastSlow`: one for all fast cells."""

    fast: State
    slow: State


class FastSlow(Cell):
    """Fast-slow RNN: `fast` cells that share one state, and a `slow` cell that sees the first.

        f, a = fast[0](x_t, f_{t-1})        a, b and y_t outputs
        s_t, b = slow(a, s_{t-1})
        f, y_t = fast[1](b, f)
        f, y_t = fast[i](0, f)              for i = 2, 3, ...;  f_t = f

    So the fast cells' state takes several steps for one of the slow cell's. Fast cells have
    parameters each, and states that are alike, of one kind and width. Those after the second are
    given an input of one zero, as in the authors' code, so that their biases are left. It is a
    plain `Cell` whatever its cells are, and no `Composite`: what changes it changes the whole.

    Example:
        >>> from rnnjax.cells import GRU, LSTM
        >>> FastSlow((GRU(8), GRU(8)), LSTM(4)).output_dim
        8

    References:
        Mujika, Meier & Steger (2017), Fast-slow recurrent neural networks, NIPS, arXiv:1705.08639,
        section 3.
    """

    fast: tuple[Cell, ...]
    slow: Cell

    def __post_init__(self) -> None:
        """Refuses fast cells that are fewer than two.

        Raises:
            TypeError: if `fast` is not a tuple of two cells or more.
        """
        super().__post_init__()
        is_tuple = isinstance(self.fast, tuple) and len(self.fast) > 1
        if not (is_tuple and all(isinstance(cell, Cell) for cell in self.fast)):
            raise TypeError(
                f"FastSlow takes a tuple of two fast cells or more, as "
                f"FastSlow((LSTM(8), LSTM(8)), LSTM(4)); got {self.fast}"
            )

    @property
    def output_dim(self) -> int:
        """The last fast cell's."""
        return self.fast[-1].output_dim

    def init(self, key: Key, input_dim: int) -> FastSlowParams:
        """Draws each cell's parameters.

        Raises:
            ValueError: if the fast cells' states differ in kind or width.
        """
        key_slow, *keys = jax.random.split(key, 1 + len(self.fast))
        dims = (input_dim, self.slow.output_dim, *(1 for _ in self.fast[2:]))
        drawn = zip(self.fast, keys, dims, strict=True)
        params = FastSlowParams(
            fast=tuple(cell.init(k, dim) for cell, k, dim in drawn),
            slow=self.slow.init(key_slow, self.fast[0].output_dim),
        )
        first, *others = (
            jax.eval_shape(cell.initial_state, own)
            for cell, own in zip(self.fast, params.fast, strict=True)
        )
        for other in others:
            if other != first:
                raise ValueError(f"{self}: fast cells share a state; {first} is not {other}")
        return params

    def initial_state(
        self, params: FastSlowParams, batch_shape: tuple[int, ...] = ()
    ) -> FastSlowState:
        """The first fast cell's and the slow cell's own."""
        return FastSlowState(
            fast=self.fast[0].initial_state(params.fast[0], batch_shape),
            slow=self.slow.initial_state(params.slow, batch_shape),
        )

    def prepare(self, params: FastSlowParams) -> FastSlowParams:
        """Prepares each cell's parameters."""
        pairs = zip(self.fast, params.fast, strict=True)
        return FastSlowParams(
            tuple(cell.prepare(own) for cell, own in pairs), self.slow.prepare(params.slow)
        )

    def draw(self, key: Key, params: FastSlowParams, leading: tuple[int, ...]) -> Any:
        """Draws each cell's noise, the slow cell's last."""
        cells, own = (*self.fast, self.slow), (*params.fast, params.slow)
        keys = jax.random.split(key, len(cells))
        noise = tuple(c.draw(k, p, leading) for c, k, p in zip(cells, keys, own, strict=True))
        return noise if any(n is not None for n in noise) else None

    def perturb(self, key: Key, params: FastSlowParams) -> FastSlowParams:
        """Perturbs each cell's parameters."""
        cells, own = (*self.fast, self.slow), (*params.fast, params.slow)
        keys = jax.random.split(key, len(cells))
        *fast, slow = (c.perturb(k, p) for c, k, p in zip(cells, keys, own, strict=True))
        same = all(new is old for new, old in zip((*fast, slow), own, strict=True))
        return params if same else FastSlowParams(tuple(fast), slow)

    def step(
        self, params: FastSlowParams, state: FastSlowState, x_t: Any
    ) -> tuple[FastSlowState, Any]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        x_t, noise = unpack(x_t)
        *noise, slow_noise = noise or (None,) * (1 + len(self.fast))
        fast, y = self.fast[0].step(params.fast[0], state.fast, pack(x_t, noise[0]))
        slow, x = self.slow.step(params.slow, state.slow, pack(y, slow_noise))
        rest = zip(self.fast[1:], params.fast[1:], noise[1:], strict=True)
        for cell, own, n in rest:
            fast, y = cell.step(own, fast, pack(x, n))
            x = jnp.zeros((*leading_axes(x_t), 1), y.dtype)
        return FastSlowState(fast, slow), y

    def output(self, params: FastSlowParams, state: FastSlowState) -> Any:
        """The last fast cell's."""
        return self.fast[-1].output(params.fast[-1], state.fast)
