"""Small instances of every cell and every engine, one line each; the laws run over these lists."""

import types

from rnnjax import cells, compose, unroll
from rnnjax.cells import AssociativeCell, Cell, Identity, LinearCell, SplitCell, relu
from rnnjax.unroll import Engine

CELLS: tuple[Cell, ...] = (
    cells.CTRNN(3),
    cells.DeltaNet(4, heads=2),
    cells.Elman(3),
    cells.GLA(6, heads=2),
    cells.GRU(3),
    cells.GRUResetBefore(3),
    cells.IndRNN(3),
    cells.JANET(3),
    cells.LRU(3),
    cells.LSTM(3),
    cells.MGU(3),
    cells.MGUResetBefore(3),
    cells.MLSTM(4, heads=2),
    cells.MinGRU(3),
    cells.PeepholeLSTM(3),
    cells.UGRNN(3),
    compose.block_diagonal(cells.GRU(4), 2),
    compose.dale(cells.Elman(4), 0.5),
    compose.independent(cells.LSTM(3)),
    compose.learned_start(cells.Elman(3)),
    compose.learned_start(cells.GRUResetBefore(2)),
    compose.learned_start(cells.LRU(2)),
    compose.preactivation_noise(cells.LSTM(3), 0.4),
    compose.recurrent_dropout(cells.LSTM(3), 0.4),
    compose.Residual(cells.GRU(2)),
    compose.skip(cells.Elman(3), 2),
    compose.sparse(cells.UGRNN(3), 0.5),
    compose.Stack((cells.LSTM(3), cells.MinGRU(2))),
    compose.Stack((cells.LRU(2), compose.Residual(cells.MinGRU(2)))),
    compose.state_noise(cells.LRU(2), 0.4),
    compose.update_dropout(cells.LSTM(3), 0.4),
    compose.zoneout(cells.GRU(3), 0.4),
    compose.zoneout(cells.LRU(3), 0.4),
)
# These differ from one of them in numbers, activation or initial weights: alike to an engine.
VARIANTS: tuple[Cell, ...] = (
    cells.CTRNN(3, dt=10.0, tau=10.0),
    cells.Elman(4, activation=relu),
    cells.Elman(3, activation=relu, recurrent_init=Identity()),
    cells.LSTM(3, forget_bias=0.0),
)

# Each engine with the contract that it needs of a cell; `unroll.auto` runs cells on one of these.
ENGINES: dict[Engine, type[Cell] | types.UnionType] = {
    unroll.scan: Cell,
    unroll.Checkpointed(block=3, unroll=2): Cell,
    unroll.associative: AssociativeCell,
    unroll.Associative(chunk=3): AssociativeCell,
    unroll.deferred: SplitCell,
    unroll.Deferred(chunk=3): SplitCell,
    unroll.fused: SplitCell | LinearCell,
    unroll.linear_scan: AssociativeCell,
    unroll.LinearScan(chunk=3): AssociativeCell,
    unroll.newton: Cell,
    unroll.time_sharded: AssociativeCell,
}

# Split cells whose step is more than elementwise functions and products with one matrix.
WITHOUT_KERNEL: frozenset[str] = frozenset({"BlockDiagonal"})

# Engines that every cell of a contract is run on, also where not all pairs are; the first is meant.
MAIN: dict[type[Cell], tuple[Engine, ...]] = {
    SplitCell: (unroll.scan, unroll.deferred),
    AssociativeCell: (unroll.linear_scan, unroll.associative),
    compose.Composite: (unroll.auto,),
    Cell: (unroll.scan,),
}

# Cells with which every engine that serves them obeys all laws.
REPRESENTATIVES: tuple[Cell, ...] = (
    cells.DeltaNet(4, heads=2),
    cells.GRUResetBefore(3),
    cells.LRU(3),
    cells.LSTM(3),
    compose.Stack((cells.LSTM(3), cells.MinGRU(2))),
)


def serves(contract: type[Cell] | types.UnionType, cell: Cell) -> bool:
    """Says whether a cell, or each that it is made of, keeps a contract."""
    if isinstance(cell, compose.Composite):
        return contract is Cell or all(serves(contract, part) for part in cell.parts)
    if contract == ENGINES[unroll.fused] and type(cell).__name__ in WITHOUT_KERNEL:
        return False
    return isinstance(cell, contract)


def main(cell: Cell) -> tuple[Engine, ...]:
    """Returns the engines that matter most for a cell."""
    served = (engines for kind, engines in MAIN.items() if isinstance(cell, kind))
    return tuple(engine for engine in next(served) if engine.serves(cell))


SERVED = [(e, c) for e, contract in ENGINES.items() for c in CELLS if serves(contract, c)]
REFUSED = [
    (e, c)
    for e, contract in ENGINES.items()
    for c in CELLS
    if not serves(contract, c) and type(c).__name__ not in WITHOUT_KERNEL
]


def name(value: object) -> str:
    """Returns the test id of a cell, an engine, a law or a pair of them."""
    if isinstance(value, tuple):
        return "-".join(map(name, value))
    return getattr(value, "__name__", None) or repr(value)
