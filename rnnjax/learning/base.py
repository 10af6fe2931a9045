"""The contract of learning rules, and a cell together with what a rule carries and draws."""

import abc
import dataclasses
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.cells.noise import pack, unpack
from rnnjax.compose.wrapper import OwnNoise
from rnnjax.learning.step import Step
from rnnjax.learning.windows import Given, Window, Within, begin_all, run, window_of
from rnnjax.numbers import numbers_of
from rnnjax.typing import Array, Key, Params, State
from rnnjax.unroll.base import EngineValue
from rnnjax.unroll.masks import grow

Memory = Any  # what a rule carries forward in time, a pytree of arrays


class Rule(EngineValue):
    """A way to learn, as an engine: values are those of `unroll.scan`, gradients are the rule's.

    It goes forward in time. With the memory `P_t` that it carries, of how the parameters have moved
    the state so far, and the cotangents of the outputs that it is given, a window of steps adds

        dL / dtheta by backpropagation within the window, its first state held
        + P dL / dh, of that first state

    to the gradient. The inputs, and the state that a run starts with, have their gradients within
    a window: what is below a rule in a network is trained by the present alone.

    Args:
        window: steps of a window. 1 is the rule itself; with more it is closer to backpropagation,
            which it is with all of time.
        carry: whether the memory goes on in the state from one run to the next, as where parameters
            are updated within a sequence; the cell is a `Learner` then.

    Example:
        >>> class Present(Rule):  # which knows what a window does by itself
        ...     def begin(self, step):
        ...         return ()
        ...
        ...     def advance(self, step, memory, noise):
        ...         return memory
        ...
        ...     def contract(self, step, memory, cotangents):
        ...         return [jnp.zeros(x.shape, x.dtype) for x in step.theta], None
        >>> Present(window=5)
        Present(window=5)

    References:
        Marschall, Cho & Savin (2020), A unified framework of online learning algorithms for
        training recurrent neural networks, JMLR 21, arXiv:1907.02649.
    """

    by_parts = False  # how a part moves the next is part of the influence
    knows = 1

    needs_noise: ClassVar[bool] = False
    looks_ahead: ClassVar[bool] = False  # whether windows are to say where sequences go on

    window: int = dataclasses.field(default=1, kw_only=True)
    carry: bool = dataclasses.field(default=False, kw_only=True)

    @property
    def name(self) -> str:
        """The name of the class."""
        return type(self).__name__

    @property
    def full_name(self) -> str:
        """Its name and where it is found, as messages have it."""
        return f"learning.{self.name}"

    def pieces(self, cell: Cell) -> tuple[Cell, ...]:
        """Returns what has to be of a contract: the cell, that in a `Learner`."""
        return super().pieces(taught(cell))

    def check_cell(self, cell: Cell) -> None:
        """Refuses cells that this rule does not run.

        Raises:
            TypeError: see `EngineValue`; or if a `Learner` has what another rule draws or carries.
        """
        super().check_cell(taught(cell))
        if isinstance(cell, Learner):
            own = dataclasses.replace(cell.rule, window=self.window)
            if own != self:
                raise TypeError(f"{self} runs learners of its own; this is one of {cell.rule}")

    @abc.abstractmethod
    def begin(self, step: Step) -> Memory:
        """Returns the memory of one sequence before it; of `step` only shapes are used."""

    def start(self, step: Step, memory: Memory, noise: Any) -> Memory:
        """Returns the memories of all sequences before a step, with what is drawn as they begin.

        Args:
            step: of which only shapes are used.
            memory: `[..., *]`; all zeros where nothing was before.
            noise: of this step, `[..., *]`.
        """
        del step, noise
        return memory

    @abc.abstractmethod
    def advance(self, step: Step, memory: Memory, noise: Any) -> Memory:
        """Returns the memory of one sequence after a step."""

    @abc.abstractmethod
    def contract(
        self, step: Step, memory: Memory, cotangents: Array
    ) -> tuple[list[Array], Array | None]:
        """Returns what cotangents of states are for what came before.

        Args:
            step: of which only shapes are used.
            memory: of B sequences, `[B, ...]`.
            cotangents: of their states, `[B, N]`.

        Returns:
            The gradients of `step.theta`, and of the states before all of time, `[B, N]`, or None.
        """

    def draw(self, key: Key, count: int, leading: tuple[int, ...]) -> Any:
        """Draws the noise of a run, `[*leading, ...]`, for states of N = `count` numbers."""
        del key, count, leading
        return None

    def within(
        self, cell: Cell, params: Params, state: State, window: Window, d_end: list[Array]
    ) -> Within:
        """Learns within a window, its first state held: here by backpropagation.

        Args:
            cell: the recurrence, as `local` makes it.
            params: its parameters.
            state: the state before the window, `[..., *]`.
            window: its steps.
            d_end: the cotangents of the numbers of the state after it.
        """
        numbers = numbers_of(params), numbers_of(state), numbers_of(window.inputs[0])
        run = window_of(cell, params, state, window.inputs)
        _, pull, after = jax.vjp(run, *numbers, has_aux=True)
        d_theta, d_start, d_xs = pull((d_end, window.d_ys))
        return Within(after, d_theta, d_start, d_xs)

    def local(self, cell: Cell) -> Cell:
        """Returns the cell whose derivatives are taken, with the same values."""
        return cell

    def learner(self, cell: Cell, input_dim: int) -> Cell:
        """Returns the cell as this rule takes it: a `Learner` if it draws or carries anything.

        Raises:
            TypeError: if this rule does not run such a cell.
        """
        self.check_cell(cell)
        is_needed = (self.needs_noise or self.carry) and not isinstance(cell, Learner)
        return Learner(cell, self, input_dim) if is_needed else cell

    def run(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
        memory = noise = None
        if isinstance(cell, Learner):
            x, drawn = unpack(xs)
            noise = None if drawn is None else drawn.own
            cell, xs = cell.cell, pack(x, None if drawn is None else drawn.inner)
            if self.carry:
                state, memory = state.state, state.memory  # pyright: ignore[reportAttributeAccessIssue]
        elif self.carry:
            raise TypeError(f"{self} carries its memory in the state of a Learner; got {cell}")
        there = jnp.empty(leading_axes(xs), bool)
        mask, reset = (None if flag is None else grow(flag, there) for flag in (mask, reset))
        given = Given(params, state, xs, mask, reset, memory, noise)
        found: Any = run(self, cell, given)
        after, memory, ys = found
        return (Learning(after, memory) if self.carry else after), ys


def taught(cell: Cell) -> Cell:
    """Returns the cell in a `Learner`, and another cell as it is.

    Example:
        >>> from rnnjax import learning
        >>> from rnnjax.cells import GRU
        >>> taught(learning.UORO().learner(GRU(4), input_dim=3))
        GRU(hidden=4)
    """
    return cell.cell if isinstance(cell, Learner) else cell


class Learning(NamedTuple):
    """A state, and what a rule carries on with it.

    Example:
        >>> Learning(state=0.5, memory=0.0)
        Learning(state=0.5, memory=0.0)
    """

    state: State
    memory: Memory  # [..., *], of each sequence


class Learner(Cell):
    """A cell with the noise that a rule needs, and where it is to carry, its memory in the state.

    Values are those of the cell on every engine, gradients the rule's with the rule as the engine.

    Example:
        >>> from rnnjax import learning
        >>> from rnnjax.cells import Elman
        >>> cell = Learner(Elman(3), learning.RTRL(carry=True), input_dim=2)
        >>> memory = cell.initial_state(cell.init(jax.random.key(0), 2), (4,)).memory
        >>> jax.tree.map(jnp.shape, memory.theta)  # of w_x, w_h, b
        [(4, 3, 2, 3), (4, 3, 3, 3), (4, 3, 3)]
    """

    cell: Cell
    rule: Rule
    input_dim: int  # D

    @property
    def output_dim(self) -> int:
        """The cell's own."""
        return self.cell.output_dim

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters."""
        return self.cell.init(key, input_dim)

    def prepare(self, params: Params) -> Params:
        """Prepares the cell's parameters."""
        return self.cell.prepare(params)

    def perturb(self, key: Key, params: Params) -> Params:
        """Perturbs the cell's parameters."""
        return self.cell.perturb(key, params)

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """Returns the cell's, with the memory of nothing."""
        state = self.cell.initial_state(params, batch_shape)
        if not self.rule.carry:
            return state
        params, one = self.cell.prepare(params), self.cell.initial_state(params)
        x_t = jax.ShapeDtypeStruct((self.input_dim,), jnp.result_type(float))
        step = Step(self.rule.local(self.cell), params, one, (x_t, None, None))
        return Learning(state, begin_all(self.rule, step, batch_shape))

    def draw(self, key: Key, params: Params, leading: tuple[int, ...]) -> Any:
        """Draws the rule's noise and the cell's."""
        own, inner = jax.random.split(key)
        count = Step(self.cell, params, self.cell.initial_state(params), ()).h.size
        noise = self.rule.draw(own, count, leading), self.cell.draw(inner, params, leading)
        return OwnNoise(*noise) if any(x is not None for x in noise) else None

    def step(self, params: Params, state: State, x_t: Any) -> tuple[State, Array]:
        """Runs one step of the cell; the memory stays as it is."""
        x, noise = unpack(x_t)
        x_t = pack(x, None if noise is None else noise.inner)
        if not self.rule.carry:
            return self.cell.step(params, state, x_t)
        after, y_t = self.cell.step(params, state.state, x_t)
        return Learning(after, state.memory), y_t
