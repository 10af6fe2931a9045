"""The contracts of a recurrent cell: `Cell`, and the two forms that engines know more about.

A cell is a constant (see `rnnjax.typing.Static`): a frozen dataclass of the numbers that a paper's
table would list. Its methods are pure functions of parameters and state. Parameters and states are
pytrees of arrays, NamedTuples in the paper's letters; every leaf of a state has the batch axes
first. Products are written `x @ w`, so that one step serves `[D]`, `[B, D]` or `[E, B, D]` alike.
"""

import abc
import dataclasses
import math
from collections.abc import Callable
from typing import NamedTuple, final, get_origin

from rnnjax.typing import Array, Key, Params, State, Static


class Cell(Static, abc.ABC):
    """Any recurrence: `(state, x_t) -> (state, y_t)`."""

    def __post_init__(self) -> None:
        """Refuses sizes below 1, numbers that are not finite, and fields of another kind.

        Raises:
            ValueError: if a field has such a value; the message names it.
        """
        for field in dataclasses.fields(self):  # pyright: ignore[reportArgumentType]
            value = getattr(self, field.name)
            if field.type in (int, "int") and not (type(value) is int and value >= 1):
                raise ValueError(f"{self}: {field.name} must be a whole number of 1 or more")
            if field.type in (float, "float") and not (
                isinstance(value, int | float) and math.isfinite(value)
            ):
                raise ValueError(f"{self}: {field.name} must be a finite number")
            if get_origin(field.type) is Callable and not callable(value):
                raise ValueError(f"{self}: {field.name} must be a function")
            if isinstance(field.type, type) and issubclass(field.type, Cell):
                kind = "cell" if field.type is Cell else field.type.__name__
                if not isinstance(value, field.type):
                    raise ValueError(f"{self}: {field.name} must be a {kind}")

    @property
    @abc.abstractmethod
    def output_dim(self) -> int:
        """The size K of one output."""

    @abc.abstractmethod
    def init(self, key: Key, input_dim: int) -> Params:
        """Draws parameters for inputs of size D = `input_dim`."""

    @abc.abstractmethod
    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """Returns the state before the first step, each leaf `[*batch_shape, ...]`."""

    @abc.abstractmethod
    def step(self, params: Params, state: State, x_t: Array) -> tuple[State, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""


class SplitCell(Cell):
    """A cell whose weight matrices act only through two maps, one of the input, one of the state.

    Engines may therefore form the input product of a whole sequence at once, and a matrix's
    gradient by one product after the loop.
    """

    @abc.abstractmethod
    def project(self, params: Params, x: Array) -> Array:
        """Maps inputs `[..., D]`, any axes leading, to `u [..., G]`."""

    @abc.abstractmethod
    def recur(self, params: Params, state: State) -> Array:
        """Maps a state to `v [..., G]`; the only use of the recurrent matrix."""

    @abc.abstractmethod
    def combine(self, params: Params, state: State, u: Array, v: Array) -> tuple[State, Array]:
        """Makes the next state and `y_t [..., K]`, elementwise; reads only vectors of `params`."""

    @final
    def step(self, params: Params, state: State, x_t: Array) -> tuple[State, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        u = self.project(params, x_t)
        return self.combine(params, state, u, self.recur(params, state))


class LinearState(NamedTuple):
    """The state of a linear recurrence."""

    h: Array  # [..., H], real or complex


class LinearCell(Cell):
    """A cell that is linear in its state: `h_t = a_t * h_{t-1} + b_t`.

    The decay `a_t` and the drive `b_t` depend on the input alone, so that time can be run in
    parallel. They have the shape and dtype of `h`.
    """

    @abc.abstractmethod
    def coefficients(self, params: Params, x: Array) -> tuple[Array, Array]:
        """Maps inputs `[..., D]`, any axes leading, to the decay and the drive, `[..., H]` each."""

    @abc.abstractmethod
    def readout(self, params: Params, h: Array, x: Array) -> Array:
        """Maps states `[..., H]` and inputs `[..., D]`, any axes leading, to outputs `[..., K]`."""

    @final
    def step(self, params: Params, state: LinearState, x_t: Array) -> tuple[LinearState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        decay, drive = self.coefficients(params, x_t)
        h = decay * state.h + drive
        return LinearState(h), self.readout(params, h, x_t)
