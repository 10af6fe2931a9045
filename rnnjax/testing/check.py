"""All laws of a cell, as one function."""

from collections.abc import Callable, Iterable
from typing import Any

from rnnjax import unroll
from rnnjax.cells import Cell
from rnnjax.testing.call_laws import CALL_LAWS
from rnnjax.testing.cell_laws import CELL_LAWS
from rnnjax.testing.cell_results import CellResults
from rnnjax.testing.contract_laws import laws_of
from rnnjax.testing.draws import T, noise_of
from rnnjax.testing.engine_laws import ENGINE_LAWS
from rnnjax.testing.engine_results import EngineResults
from rnnjax.testing.noise_laws import NOISE_LAWS
from rnnjax.unroll import Engine

# All there are, those with chunks in chunks that cut the laws' sequences as well.
ENGINES = (
    unroll.scan,
    unroll.Checkpointed(block=3),
    unroll.deferred,
    unroll.Deferred(chunk=3),
    unroll.associative,
    unroll.Associative(chunk=3),
    unroll.linear_scan,
    unroll.LinearScan(chunk=3),
    unroll.time_sharded,
    unroll.fused,
    unroll.newton,
)


def check_cell(cell: Cell, *, engines: Iterable[Engine] | None = None) -> None:
    """Checks a cell against all laws: of every cell, of its contract, of engines that run it.

    For authors of cells, within their tests or without. Numbers are drawn: inputs have two
    features, batches three sequences of seven steps. A small cell, of three units say, is checked
    as well as a large one and faster, in half a minute on a laptop; with `engines=()` in seconds.

    Args:
        cell: a small instance.
        engines: which are to run it; by default all that serve it.

    Raises:
        AssertionError: if a law fails; the message names the law, the engine if it is about one,
            and the numbers.

    Example:
        >>> from rnnjax.cells import GatedCell, GatedState
        >>> class Leaky(GatedCell):
        ...     blocks = ("h",)
        ...     rate: float = 0.1
        ...
        ...     def combine(self, params, state, u, v):
        ...         h = (1 - self.rate) * state.h + self.rate * self.activation(u + v)
        ...         return GatedState(h), h
        >>> check_cell(Leaky(3), engines=())
    """
    check_laws(cell)
    for engine in engines_of(cell) if engines is None else engines:
        check_engine(engine, cell)


def engines_of(cell: Cell) -> tuple[Engine, ...]:
    """Returns the engines that serve a cell.

    Example:
        >>> from rnnjax.cells import GRUResetBefore
        >>> [engine.name for engine in engines_of(GRUResetBefore(3))]
        ['scan', 'checkpointed', 'newton']
    """
    return tuple(engine for engine in ENGINES if engine.serves(cell))


def check_laws(cell: Cell, laws: Iterable[Callable] | None = None) -> None:
    """Checks the laws that are about no engine; see `check_cell`.

    Args:
        cell: a small instance.
        laws: of `cell_laws`; by default all, and those of its contract.

    Example:
        >>> check_laws("LSTM")
        Traceback (most recent call last):
        TypeError: a cell is needed, such as LSTM(3); got 'LSTM'
    """
    if not isinstance(cell, Cell):
        raise TypeError(f"a cell is needed, such as LSTM(3); got {cell!r}")
    laws = (*CELL_LAWS, *laws_of(cell)) if laws is None else tuple(laws)
    _obey(laws, CellResults(cell), f"{cell}")
    if noise_of(cell, (T,)) is not None:
        _obey(NOISE_LAWS, cell, f"{cell}")


def check_engine(engine: Engine, cell: Cell, laws: Iterable[Callable] | None = None) -> None:
    """Checks the laws of an engine with a cell, with its noise too if it has any.

    An engine may refuse noise, by a TypeError that says so.

    Args:
        engine: has to serve the cell.
        cell: a small instance.
        laws: of `engine_laws` and `call_laws`; by default all that depend on the cell.

    Raises:
        AssertionError: if a law fails; the message names the law and the numbers.

    Example:
        >>> from rnnjax.cells import Elman
        >>> check_engine(unroll.scan, Elman(3), laws=())
    """
    laws = (*ENGINE_LAWS, *CALL_LAWS) if laws is None else tuple(laws)
    _obey(laws, EngineResults(engine, cell), f"{cell} on {engine}")
    if noise_of(cell, (T,)) is not None:
        noised = EngineResults(engine, cell, noised=True)
        if _refuses(noised):
            return
        _obey([law for law in laws if law in ENGINE_LAWS], noised, f"{cell} with noise on {engine}")


def _refuses(noised: EngineResults) -> bool:
    try:
        noised.of("plain")
    except TypeError as refusal:
        return "noise" in str(refusal).partition("\n")[0]
    except Exception:  # which a law will say
        return False
    return False


def _obey(laws: Iterable[Callable[[Any], None]], results: Any, what: str) -> None:
    for law in laws:
        try:
            law(results)
        except Exception as error:
            said = str(error).strip() if isinstance(error, AssertionError) else repr(error)
            name = law.__name__.replace("_", " ")
            raise AssertionError(f"{what} breaks the law {name!r}: {said}") from error
