"""The numbers that the laws of an engine with a cell are about, in one compiled program."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells import Cell
from rnnjax.cells.noise import pack
from rnnjax.numbers import numbers_of, single_or_wider, with_numbers
from rnnjax.testing.compiled import compiled
from rnnjax.testing.draws import B, D, T, halved, noise_of, normal, params_of, state_of, weigh
from rnnjax.testing.oracle import Case, Outcome, loop, tidy
from rnnjax.typing import Array, Params
from rnnjax.unroll import Engine, scan

XS = normal(1, (T, B, D))
# A row that starts late, one with a gap, one that ends early.
MASK = np.array([[0, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [1, 0, 1], [1, 1, 0], [1, 1, 0]], bool)
# Resets at a first step, at steps in between, at a last one; some of them at masked steps.
RESET = np.array(
    [[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]], bool
)
ALWAYS, NEVER = np.ones((T, B), bool), np.zeros((T, B), bool)
KEPT = np.array([1, 2, 4, 5])  # the steps that are left where the others are masked for all
BETWEEN = (np.cumsum(RESET, axis=0) == 1) & (np.arange(B) == 0)  # two resets of a row
NOW = 4  # from here on the inputs of the case "changed" are others
LONG = 500  # steps, over which rounding adds up
MEMBERS = {"first member": 1, "second member": 2}  # seeds of other parameters

# Trivial flags stand for missing ones, so that one compiled program serves all.
FLAGS = {
    "plain": (ALWAYS, NEVER),
    "masked": (MASK, NEVER),
    "reset": (ALWAYS, RESET),
    "masked and reset": (MASK, RESET),
    "zeros": (MASK, NEVER),
    "poison": (MASK, NEVER),
    "zeros and reset": (MASK, RESET),
    "poison and reset": (MASK, RESET),
    "deleted": (np.isin(np.arange(T), KEPT)[:, None] & ALWAYS, NEVER),
    "nothing": (NEVER, NEVER),
    "reset within": (MASK, RESET & MASK),
    "changed": (ALWAYS, NEVER),
    "between resets": (ALWAYS, RESET),
    "mask repeated": (np.repeat(MASK[:, :1], B, axis=1), NEVER),
    "reset repeated": (ALWAYS, np.repeat(RESET[:, :1], B, axis=1)),
    "ones": (MASK, RESET),
    **dict.fromkeys(MEMBERS, (MASK, RESET)),
}
MODES = tuple(FLAGS)[:4]


def case(cell: Cell, name: str, noised: bool) -> Case:
    """Returns the run of such a name, with the cell's noise or without."""
    x, noise = XS, noise_of(cell, (T, B)) if noised else None
    mask, reset = FLAGS[name]
    if name.startswith(("zeros", "poison")):
        fill = np.zeros if name.startswith("zeros") else _poison
        x, noise = jax.tree.map(functools.partial(_replaced, ~MASK, fill), (x, noise))
    state = state_of(cell, (B,))
    if name == "between resets":
        x = _replaced(BETWEEN, _poison, XS)
        poisoned = [_replaced(BETWEEN[0], _poison, leaf) for leaf in numbers_of(state)]
        state = with_numbers(state, poisoned)
    if name == "changed":
        x = np.where(np.arange(T)[:, None, None] < NOW, XS, -XS)
    if name == "ones":
        x = (XS > 0).astype(XS.dtype)
    params = params_of(cell, MEMBERS.get(name, 0))
    return Case(params, state, x, noise, mask, reset)


def _replaced(at: np.ndarray, fill: Any, x: Any) -> np.ndarray:
    x = np.asarray(x)
    at = at.reshape(at.shape + (1,) * (x.ndim - at.ndim))
    return np.where(at, fill(x.shape, x.dtype), x)


def _poison(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    return np.full(shape, np.nan if jnp.issubdtype(dtype, jnp.inexact) else 1, dtype)


def gradients_and_results(engine: Engine, cell: Cell, case: Case) -> Outcome:
    """Runs an engine and differentiates it."""

    def total(params: Any, state: Any, x: Any) -> tuple:
        xs = pack(x, case.noise)
        made = engine(cell, params, state, xs, mask=case.mask, reset=case.reset)
        return weigh(made), made

    differentiate = jax.grad(total, (0, 1, 2), has_aux=True, allow_int=True)
    gradients, made = differentiate(case.params, case.state, case.x)
    return Outcome(*tidy(gradients), *made)


class EngineResults:
    """What an engine makes of a cell; the program runs when a law first asks for it."""

    def __init__(self, engine: Engine, cell: Cell, *, noised: bool = False) -> None:
        self.engine = engine
        self.cell = cell
        self.noised = noised

    def case(self, name: str = "plain") -> Case:
        """What was run."""
        return case(self.cell, name, self.noised)

    def of(self, name: str) -> Outcome:
        """Results and gradients of a run."""
        return self._all[name]

    def expected(self, name: str) -> Outcome:
        """What the loop makes of the run."""
        return _expected(self.cell, name, self.noised)

    @functools.cached_property
    def _all(self) -> dict[str, Outcome]:
        cases = [self.case(name) for name in FLAGS]
        together = jax.tree.map(lambda *leaves: np.stack(leaves), *cases)
        made = jax.tree.map(np.asarray, _run_cases(self.engine, self.cell, together))
        return {name: jax.tree.map(lambda leaf, i=i: leaf[i], made) for i, name in enumerate(FLAGS)}

    @functools.cached_property
    def shortest(self) -> tuple[tuple, Outcome]:
        """State and outputs after the first step, and what is made of no steps at all."""
        return _run_shortest(self.engine, self.cell, self.case())

    @functools.cached_property
    def members(self) -> tuple:
        """States and outputs of all members at once, by `jax.vmap`."""
        each = [self.case(name).params for name in MEMBERS]
        params = jax.tree.map(lambda *leaves: np.stack(leaves), *each)
        return _run_members(self.engine, self.cell, self.case("masked and reset"), params)

    @functools.cached_property
    def without_flags(self) -> dict[str, Outcome]:
        """Some runs without the flags that are trivial in them; those left have fewer axes."""
        return _run_without_flags(self.engine, self.cell, self.case())

    @functools.cached_property
    def of_whole_numbers(self) -> tuple[Outcome, ...]:
        """The run "ones" with inputs of other types."""
        return _run_whole_numbers(self.engine, self.cell, self.case("ones"))

    @functools.cached_property
    def long_in_half_precision(self) -> tuple[Params, Params]:
        """Gradients by parameters over `LONG` steps: in bfloat16, and in float32 by `scan`."""
        half = halved(self.case().params)
        xs = normal(1, (LONG, B, D)).astype(jnp.bfloat16)
        full = jax.tree.map(
            lambda x: np.asarray(x, np.float32) if x.dtype == jnp.bfloat16 else x, (half, xs)
        )
        with jax.numpy_dtype_promotion("strict"):
            own = _run_long(self.engine, self.cell, half, xs)
        made = own, _run_long(scan, self.cell, *full)
        return jax.tree.map(lambda x: np.asarray(x, single_or_wider(x.dtype)), made)


@functools.lru_cache(maxsize=64)
def _expected(cell: Cell, name: str, noised: bool) -> Outcome:
    run = case(cell, "plain" if name == "deleted" else name, noised)
    if name == "deleted":
        kept = jax.tree.map(lambda x: np.asarray(x)[KEPT], (run.x, run.noise))
        x, noise = kept
        run = Case(run.params, run.state, x, noise, None, None)
    return loop(cell, run)


def _one_by_one(engine: Engine, cell: Cell, cases: Case) -> Outcome:
    # One after another and not by `jax.vmap`, which changes the program that is run.
    return jax.lax.map(functools.partial(gradients_and_results, engine, cell), cases)


def _shortest(engine: Engine, cell: Cell, case: Case) -> tuple[tuple, Outcome]:
    one, none = (
        case._replace(
            **{
                name: jax.tree.map(lambda leaf, length=length: leaf[:length], getattr(case, name))
                for name in ("x", "noise", "mask", "reset")
            }
        )
        for length in (1, 0)
    )
    made = engine(cell, one.params, one.state, pack(one.x, one.noise))
    return made, gradients_and_results(engine, cell, none)


def _members(engine: Engine, cell: Cell, case: Case, params: Params) -> tuple:
    def run(params: Params) -> tuple:
        xs = pack(case.x, case.noise)
        return engine(cell, params, case.state, xs, mask=case.mask, reset=case.reset)

    return jax.vmap(run)(params)


def _without_flags(engine: Engine, cell: Cell, case: Case) -> dict[str, Outcome]:
    flags = {
        "plain": (None, None),
        "mask repeated": (MASK[:, 0], None),
        "reset repeated": (None, RESET[:, 0]),
    }
    return {
        name: gradients_and_results(engine, cell, case._replace(mask=mask, reset=reset))
        for name, (mask, reset) in flags.items()
    }


def _whole_numbers(engine: Engine, cell: Cell, case: Case) -> tuple[Outcome, ...]:
    return tuple(
        gradients_and_results(engine, cell, case._replace(x=jnp.asarray(case.x, kind)))
        for kind in (jnp.uint8, jnp.bool_)
    )


def _long(engine: Engine, cell: Cell, params: Params, xs: Array) -> Params:
    def total(params: Params) -> Array:
        _, ys = engine(cell, params, cell.initial_state(params, (B,)), xs)
        sums = (jnp.sum(y.real.astype(float)) for y in jax.tree.leaves(ys))
        return sum(sums, start=jnp.zeros(()))

    return jax.grad(total)(params)


# An engine may be any function, so it is a constant.
_run_cases = compiled(_one_by_one, static=(0,))
_run_shortest = compiled(_shortest, static=(0,))
_run_members = compiled(_members, static=(0,))
_run_without_flags = compiled(_without_flags, static=(0,))
_run_whole_numbers = compiled(_whole_numbers, static=(0,))
_run_long = compiled(_long, static=(0,))
