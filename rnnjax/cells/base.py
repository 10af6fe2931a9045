"""The contracts of a recurrent cell: `Cell`, and the forms that engines know more about.

A cell is a constant (see `rnnjax.typing.Static`): a frozen dataclass of the numbers that a paper's
table would list. Its methods are pure functions of parameters and state. Parameters and states are
pytrees of arrays, NamedTuples in the paper's letters; every leaf of a state has the batch axes
first. Products are written `x @ w`, so that one step serves `[D]`, `[B, D]` or `[E, B, D]` alike.

An input is an array `[..., D]`, or where a cell takes more than one a pytree of such arrays, all
with the same leading axes.
"""

import abc
import dataclasses
import inspect
import math
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, final, get_args, get_origin

import numpy as np

from rnnjax.cells.by_itself import in_memory_of_its_own, of_a_size, register_namedtuples
from rnnjax.typing import Array, Key, Params, State, Static


class Cell(Static, abc.ABC):
    """Any recurrence: `(state, x_t) -> (state, y_t)`.

    Example:
        >>> import jax.numpy as jnp
        >>> class Counter(Cell):
        ...     output_dim = 1
        ...
        ...     def init(self, key, input_dim):
        ...         return ()
        ...
        ...     def initial_state(self, params, batch_shape=()):
        ...         return jnp.zeros((*batch_shape, 1))
        ...
        ...     def step(self, params, state, x_t):
        ...         return state + 1, state + 1
        >>> Counter()
        Counter()
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Gives every cell what its author need not know of.

        `init` refuses what is no size; arrays of parameters and of states share no memory, so that
        they can be donated; and programs that take them can be stored.
        """
        super().__init_subclass__(**kwargs)
        if "init" in vars(cls):
            cls.init = of_a_size(in_memory_of_its_own(cls.init))
        if "initial_state" in vars(cls):
            cls.initial_state = in_memory_of_its_own(cls.initial_state)
        register_namedtuples({**vars(sys.modules.get(cls.__module__, cls)), **vars(cls)})

    def __post_init__(self) -> None:
        """Refuses sizes below 1, numbers that are not finite, and fields of another kind.

        Raises:
            ValueError: if a field has such a value; the message names it.
        """
        for field in dataclasses.fields(self):  # pyright: ignore[reportArgumentType]
            value: Any = getattr(self, field.name)
            if isinstance(value, np.integer | np.floating):  # as Python's own, which prints alike
                value = value.item()
                object.__setattr__(self, field.name, value)
            if field.type in (int, "int") and not (type(value) is int and value >= 1):
                raise ValueError(f"{self}: {field.name} must be a whole number of 1 or more")
            if field.type in (float, "float") and not (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and math.isfinite(value)
            ):
                raise ValueError(f"{self}: {field.name} must be a finite number")
            if field.type in (bool, "bool") and not isinstance(value, bool):
                raise ValueError(f"{self}: {field.name} must be True or False")
            if get_origin(field.type) is Callable and not callable(value):
                raise ValueError(f"{self}: {field.name} must be a function")
            if get_origin(field.type) is Callable and isinstance(value, type):
                raise ValueError(
                    f"{self}: {field.name} must be a function; got the class {value.__name__}"
                )
            if get_origin(field.type) is Callable and value is not field.default:
                kinds = get_args(field.type)[0]
                if isinstance(kinds, list) and not _takes(value, len(kinds)):
                    some = f"{len(kinds)} argument{'s' * (len(kinds) > 1)}"
                    raise ValueError(f"{self}: {field.name} must be a function of {some}")
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
        """Draws parameters for inputs of size D = `input_dim`.

        Raises:
            ValueError: if `input_dim` is not a whole number of 1 or more.
        """

    @abc.abstractmethod
    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """Returns the state before the first step, each leaf `[*batch_shape, ...]`."""

    @abc.abstractmethod
    def step(self, params: Params, state: State, x_t: Any) -> tuple[State, Any]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""

    def output(self, params: Params, state: State) -> Any:
        """Returns the output of a step that ends in `state`, if that says it; by default None.

        It is for what changes a state after the step, and not needed where an output is itself an
        array of the state, as `y_t = h_t` is.
        """
        del params, state
        return None

    def prepare(self, params: Params) -> Params:
        """Returns what the steps make of the parameters, which engines do once before the loop.

        By default the parameters themselves. All methods take either.
        """
        return params

    def draw(self, key: Key, params: Params, leading: tuple[int, ...]) -> Any:
        """Draws the noise of a run, a pytree of arrays `[*leading, ...]`, `leading = (T, ...)`.

        By default None: most cells have none. See `rnnjax.cells.noise`.
        """
        del key, params, leading
        return None

    def perturb(self, key: Key, params: Params) -> Params:
        """Returns the parameters of a run in training, where chance has a part in them.

        By default the parameters themselves. Noise that is as large as a matrix and the same at
        every step is here, and not in `draw`: that has a copy for each step and sequence.
        """
        del key
        return params


def _takes(function: Any, count: int) -> bool:
    """Says whether a function takes so many arguments, if it says what it takes."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # as of some built-in functions
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


class SplitCell(Cell):
    """A cell whose weight matrices act only through two maps, one of the input, one of the state.

    Engines may therefore form the input product of a whole sequence at once, and a matrix's
    gradient by one product after the loop. Most are a `GatedCell`, which has the maps already.

    Example:
        >>> from rnnjax import cells
        >>> isinstance(cells.LSTM(64), cells.SplitCell)
        True
    """

    @abc.abstractmethod
    def project(self, params: Params, x: Any) -> Any:
        """Maps inputs `[..., D]`, any axes leading, to `u [..., G]`."""

    @abc.abstractmethod
    def recur(self, params: Params, state: State) -> Any:
        """Maps a state to `v [..., G]`; the only use of the recurrent matrix."""

    @abc.abstractmethod
    def combine(self, params: Params, state: State, u: Any, v: Any) -> tuple[State, Any]:
        """Makes the next state and `y_t [..., K]`, elementwise; reads only vectors of `params`."""

    def attend(self, state: State, x_t: Any) -> State:
        """Returns what `recur` is given: of the state, elementwise, what the step's noise leaves.

        By default, and where there is no noise, the state itself.
        """
        del x_t
        return state

    def gates(self, params: Params, state: State, u: Any, v: Any) -> Any:
        """Returns the values of the gates, a NamedTuple of arrays `[..., H]`; None if it has none.

        They are what `compose.with_states` shows beside the states.
        """
        del params, state, u, v
        return None

    @final
    def step(self, params: Params, state: State, x_t: Any) -> tuple[State, Any]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        u = self.project(params, x_t)
        v = self.recur(params, self.attend(state, x_t))
        return self.combine(params, state, u, v)


class AssociativeCell(Cell):
    """A cell whose steps compose: two in a row are one of the same kind.

    A step is known from its input alone, as an `element`, so time can be run in parallel. With
    `e_t = element(x_t)`:

        s_t = apply(e_t, s_{t-1}),   y_t = readout(s_t, x_t)
        apply(compose(e_1, e_2), s) = apply(e_2, apply(e_1, s))

    An element is a pytree of arrays `[..., *]`, any axes leading, like a state.

    Example:
        >>> from rnnjax import cells
        >>> isinstance(cells.LRU(64), cells.AssociativeCell)
        True
    """

    @abc.abstractmethod
    def element(self, params: Params, x: Any) -> Any:
        """Maps inputs `[..., D]`, any axes leading, to what their steps do."""

    @abc.abstractmethod
    def compose(self, earlier: Any, later: Any) -> Any:
        """Returns two elements as one; associative."""

    @abc.abstractmethod
    def apply(self, element: Any, state: Any) -> Any:
        """Returns the state after a step, or after several that are one element."""

    @abc.abstractmethod
    def readout(self, params: Params, state: Any, x: Any) -> Any:
        """Maps states and inputs `[..., D]`, any axes leading, to outputs `[..., K]`."""

    @final
    def step(self, params: Params, state: State, x_t: Any) -> tuple[State, Any]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        state = self.apply(self.element(params, x_t), state)
        return state, self.read(params, state, x_t)

    def read(self, params: Params, state: State, x: Any) -> Any:
        """Calls `readout`, of which a `LinearCell` has another form."""
        return self.readout(params, state, x)


class LinearState(NamedTuple):
    """The state of a linear recurrence.

    Example:
        >>> LinearState(h=0.5)
        LinearState(h=0.5)
    """

    h: Array  # [..., H], real or complex


class LinearElement(NamedTuple):
    """One step of a linear recurrence, or several: `h -> decay * h + drive`.

    Example:
        >>> LinearElement(decay=0.5, drive=1.0)
        LinearElement(decay=0.5, drive=1.0)
    """

    decay: Array  # [..., H]
    drive: Array  # [..., H]


class LinearCell(AssociativeCell):
    """A cell that is linear in its state: `h_t = a_t * h_{t-1} + b_t`, elementwise.

    The decay `a_t` and the drive `b_t` depend on the input alone, so that time can be run in
    parallel. They have the shape and dtype of `h`.

    Example:
        >>> from rnnjax import cells
        >>> cell = cells.MinGRU(1)
        >>> earlier, later = LinearElement(decay=0.5, drive=1.0), LinearElement(0.1, 2.0)
        >>> cell.compose(earlier, later)
        LinearElement(decay=0.05, drive=2.1)
    """

    @abc.abstractmethod
    def coefficients(self, params: Params, x: Any) -> tuple[Array, Array]:
        """Maps inputs `[..., D]`, any axes leading, to the decay and the drive, `[..., H]` each."""

    @abc.abstractmethod
    def readout(self, params: Params, h: Array, x: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Maps states `[..., H]` and inputs `[..., D]`, any axes leading, to outputs `[..., K]`."""

    @final
    def element(self, params: Params, x: Any) -> LinearElement:
        """Returns the coefficients."""
        return LinearElement(*self.coefficients(params, x))

    @final
    def compose(self, earlier: LinearElement, later: LinearElement) -> LinearElement:
        """Returns `h -> a_2 (a_1 h + b_1) + b_2`."""
        return LinearElement(later.decay * earlier.decay, later.decay * earlier.drive + later.drive)

    @final
    def apply(self, element: LinearElement, state: LinearState) -> LinearState:
        """Returns `a h + b`."""
        return LinearState(element.decay * state.h + element.drive)

    @final
    def read(self, params: Params, state: LinearState, x: Any) -> Any:
        """Calls `readout` with the array of the state."""
        return self.readout(params, state.h, x)
