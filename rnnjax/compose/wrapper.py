"""The contract of cells that change another cell."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import jax

from rnnjax.cells.base import AssociativeCell, Cell, LinearCell, LinearState, SplitCell
from rnnjax.cells.noise import Noised, pack, unpack
from rnnjax.compose.base import Composite
from rnnjax.compose.following import following
from rnnjax.typing import Array, Key, Params, State


class OwnNoise(NamedTuple):
    """The noise of a wrapper and of the cell in it."""

    own: Any
    inner: Any


class Prepared(NamedTuple):
    """Parameters as a wrapper's steps use them."""

    params: Params
    by: Cell


class Wrapper(Cell):
    """A cell that changes another cell and leaves the rest to it.

    It keeps the contract of the cell, so that it runs on the same engines: a wrapped `SplitCell` is
    a `SplitCell`. A change overrides a hook or two; by default none changes anything:

        change_params(params)                           before the loop
        change_input(params, x)                         of a step
        change_state(params, before, after, noise)      after a step
        change_coefficients(params, decay, drive, noise)    the same, of a `LinearCell`
        change_output(params, y, state, gates)          of a step
        call(map, params, *arguments)                   how a map that holds products is called

    A wrapper with parameters of its own names their NamedTuple in `params_type`, of which the field
    `cell` has those of the cell. One with `draw_own` has noise, see `rnnjax.cells.noise`; without
    it, as after training, hooks are given None. One that changes the state keeps no contract in
    which it has no say, `keeps` are those that it does; a cell of another is wrapped as a `Cell`.
    One that makes sense for `SplitCell`s alone is a `SplitWrapper`.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> class Halved(Wrapper):
        ...     def change_input(self, params, x):
        ...         return x / 2
        >>> Halved(LSTM(3)), isinstance(Halved(LSTM(3)), SplitCell)
        (Halved(cell=LSTM(hidden=3, forget_bias=1.0)), True)
    """

    params_type: ClassVar[type | None] = None
    keeps: ClassVar[tuple[type[Cell], ...]] = (SplitCell, LinearCell, AssociativeCell)
    own_matrices: ClassVar[tuple[str, ...]] = ()  # recurrent ones in `params_type`

    cell: Cell

    if TYPE_CHECKING:  # what is made is of a subclass that steps

        def step(self, params: Params, state: State, x_t: Any) -> tuple[State, Any]:
            """Runs one step."""
            ...

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Makes an instance of the class that has the contract of the cell, too."""
        kind = _with_contract(cls, args[0] if args else kwargs.get("cell"))
        made = super().__new__(kind)
        if not issubclass(kind, cls):  # of another contract than the class it is asked of
            made.__init__(*args, **kwargs)
        return made

    def __post_init__(self) -> None:
        """Refuses cells made of cells.

        Raises:
            TypeError: if the cell is one of those: its parts are what can be wrapped.
        """
        super().__post_init__()
        if isinstance(self.cell, Composite):
            name = type(self).__name__
            raise TypeError(f"{name} changes one cell; of {self.cell} each part, by compose.wrap")

    def __reduce__(self) -> tuple:
        make, (made, fields) = super().__reduce__()
        return make, (vars(made).get("_made_of", made), fields)

    @property
    def output_dim(self) -> int:
        """The cell's own."""
        return self.cell.output_dim

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters."""
        return self.cell.init(key, input_dim)

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """The cell's own."""
        return self.cell.initial_state(self.inner(self.ready(params)), batch_shape)

    def output(self, params: Params, state: State) -> Any:
        """Returns the cell's, changed."""
        params = self.ready(params)
        y = self.cell.output(self.inner(params), state)
        return None if y is None else self.change_output(params, y, state, _no_gates)

    def prepare(self, params: Params) -> Prepared:
        """Changes the parameters, once; and lets the cell prepare its own."""
        if isinstance(params, Prepared) and params.by == self:
            return params
        params = self.change_params(params)
        prepared = self.cell.prepare(self.inner(params))
        if self.params_type is None:
            return Prepared(prepared, self)
        return Prepared(params._replace(cell=prepared), self)

    def draw(self, key: Key, params: Params, leading: tuple[int, ...]) -> Any:
        """Draws the wrapper's noise and the cell's."""
        params = self.prepare(params)
        inner = self.inner(params.params)
        if not self.is_noisy():
            return self.cell.draw(key, inner, leading)
        key, key_inner = jax.random.split(key)
        own = self.draw_own(key, params, leading)
        return OwnNoise(own, self.cell.draw(key_inner, inner, leading))

    def perturb(self, key: Key, params: Params) -> Params:
        """Perturbs the cell's parameters."""
        inner = self.inner(params)
        changed = self.cell.perturb(key, inner)
        if changed is inner:
            return params
        return changed if self.params_type is None else params._replace(cell=changed)

    def ready(self, params: Params) -> Params:
        """Returns parameters as the hooks see them, prepared if they are not yet."""
        return self.prepare(params).params

    def inner(self, params: Params) -> Params:
        """Returns the cell's parameters."""
        return params if self.params_type is None else params.cell

    @classmethod
    def is_noisy(cls) -> bool:
        """Says whether it has noise of its own."""
        return cls.draw_own is not Wrapper.draw_own

    def draw_own(self, key: Key, params: Params, leading: tuple[int, ...]) -> Any:
        """Draws the wrapper's noise, a pytree of arrays `[*leading, ...]`, `leading = (T, ...)`."""
        raise NotImplementedError

    def change_params(self, params: Params) -> Params:
        """Returns the parameters that all steps use."""
        return params

    def change_input(self, params: Params, x: Any) -> Any:
        """Returns what the cell is given for the input `x [..., D]`."""
        del params
        return x

    def change_state(self, params: Params, before: State, after: State, noise: Any) -> State:
        """Returns the state after a step from that before it and what the cell makes of it."""
        del params, before, noise
        return after

    def change_output(self, params: Params, y: Any, state: State, gates: Callable[[], Any]) -> Any:
        """Returns the output of a step from the cell's, the state after it, and its gates."""
        del params, state, gates
        return y

    def call(self, function: Callable[..., Any], params: Params, *arguments: Any) -> Any:
        """Calls a map that holds the cell's products, with its parameters first."""
        return function(params, *arguments)

    def opened(self, x: Any) -> tuple[Any, Any, Any]:
        """Returns a step's input, the wrapper's noise, and the cell's."""
        x, noise = unpack(x)
        if not self.is_noisy():
            return x, None, noise
        return (x, None, None) if noise is None else (x, *noise)

    def given(self, params: Params, x: Any) -> Any:
        """Returns what the cell is given for what the wrapper is."""
        x, _, noise = self.opened(x)
        return pack(self.change_input(params, x), noise)


class PlainWrapper(Wrapper):
    """A wrapper around any cell, that only steps."""

    keeps = ()

    def step(self, params: Params, state: State, x_t: Any) -> tuple[State, Any]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        params = self.ready(params)
        x = self.given(params, x_t)
        after, y = self.call(self.cell.step, self.inner(params), state, x)
        changed = self.change_state(params, state, after, self.opened(x_t)[1])
        y = following(self.cell, self.inner(params), x, (after, y), changed)
        return changed, self.change_output(params, y, changed, _no_gates)


class SplitWrapper(Wrapper, SplitCell):
    """A wrapper around a `SplitCell`: the base of what makes sense for those alone.

    Example:
        >>> from rnnjax.cells import LRU, LSTM
        >>> class Halved(SplitWrapper):
        ...     def recur(self, params, state):
        ...         return super().recur(params, state) / 2
        >>> Halved(LSTM(3)).output_dim
        3
        >>> Halved(LRU(3))
        Traceback (most recent call last):
        ValueError: Halved(cell=LRU(hidden=3, ...)): cell must be a SplitCell
    """

    keeps = (SplitCell,)

    cell: SplitCell

    def project(self, params: Params, x: Any) -> Any:
        """Returns the cell's projection, with the noise that `combine` needs."""
        params = self.ready(params)
        u = self.call(self.cell.project, self.inner(params), self.given(params, x))
        return pack(u, self.opened(x)[1])

    def attend(self, state: State, x_t: Any) -> State:
        """Attends as the cell does."""
        x, _, noise = self.opened(x_t)
        return self.cell.attend(state, pack(x, noise))

    def recur(self, params: Params, state: State) -> Any:
        """Returns the cell's recurrent product."""
        return self.call(self.cell.recur, self.inner(self.ready(params)), state)

    def combine(self, params: Params, state: State, u: Any, v: Any) -> tuple[State, Any]:
        """Combines as the cell does, and changes what comes of it."""
        params = self.ready(params)
        u, noise = unpack(u) if self.is_noisy() else Noised(u, None)
        inner = self.inner(params)
        after, y = self.cell.combine(inner, state, u, v)
        changed = self.change_state(params, state, after, noise)
        y = following(self.cell, inner, None, (after, y), changed)
        gates = functools.partial(self.cell.gates, inner, state, u, v)
        return changed, self.change_output(params, y, changed, gates)

    def gates(self, params: Params, state: State, u: Any, v: Any) -> Any:
        """The cell's own."""
        u = unpack(u).x if self.is_noisy() else u
        return self.cell.gates(self.inner(self.ready(params)), state, u, v)


class LinearWrapper(Wrapper, LinearCell):
    """A wrapper around a `LinearCell`."""

    keeps = (LinearCell,)

    cell: LinearCell

    def coefficients(self, params: Params, x: Any) -> tuple[Array, Array]:
        """Returns the cell's decay and drive, changed."""
        params = self.ready(params)
        decay, drive = self.call(self.cell.coefficients, self.inner(params), self.given(params, x))
        return self.change_coefficients(params, decay, drive, self.opened(x)[1])

    def change_coefficients(
        self, params: Params, decay: Array, drive: Array, noise: Any
    ) -> tuple[Array, Array]:
        """Returns the decay and drive of a step from the cell's, what `change_state` amounts to."""
        del params, noise
        return decay, drive

    def readout(self, params: Params, h: Array, x: Any) -> Any:
        """Returns the cell's readout, changed."""
        params = self.ready(params)
        y = self.call(self.cell.readout, self.inner(params), h, self.given(params, x))
        return self.change_output(params, y, LinearState(h), _no_gates)


class AssociativeWrapper(Wrapper, AssociativeCell):
    """A wrapper around an `AssociativeCell`."""

    keeps = (AssociativeCell,)

    cell: AssociativeCell

    def element(self, params: Params, x: Any) -> Any:
        """The cell's own."""
        params = self.ready(params)
        return self.call(self.cell.element, self.inner(params), self.given(params, x))

    def compose(self, earlier: Any, later: Any) -> Any:
        """The cell's own."""
        return self.cell.compose(earlier, later)

    def apply(self, element: Any, state: State) -> State:
        """The cell's own."""
        return self.cell.apply(element, state)

    def readout(self, params: Params, state: State, x: Any) -> Any:
        """Returns the cell's readout, changed."""
        params = self.ready(params)
        y = self.call(self.cell.readout, self.inner(params), state, self.given(params, x))
        return self.change_output(params, y, state, _no_gates)


_FORMS: dict[type[Cell], type[Wrapper]] = {  # the strongest contract first
    SplitCell: SplitWrapper,
    LinearCell: LinearWrapper,
    AssociativeCell: AssociativeWrapper,
}


def _with_contract(cls: type[Wrapper], cell: Any) -> type:
    """Returns the class that is `cls` for cells of the contract of `cell`."""
    if cls.__dict__.get("_made_of"):  # as `dataclasses.replace` has it
        cls = cls.__dict__["_made_of"]
    if issubclass(cls, (PlainWrapper, *_FORMS.values())):
        return cls
    contract = next((kind for kind in _FORMS if isinstance(cell, kind)), Cell)
    form = _FORMS[contract] if contract in cls.keeps else PlainWrapper
    return form if issubclass(form, cls) else _made(cls, form)


@functools.cache
def _made(cls: type[Wrapper], form: type[Wrapper]) -> type:
    names = {name: getattr(cls, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(cls.__name__, (cls, form), {**names, "_made_of": cls})


def _no_gates() -> None:
    return None
