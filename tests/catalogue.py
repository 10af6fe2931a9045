"""Small instances of every cell and every engine, one line each; the laws run over these lists."""

import types

from rnnjax import cells, compose, unroll
from rnnjax.cells import AssociativeCell, Cell, Identity, LinearCell, SplitCell, relu
from rnnjax.cells.conv.imagecell import ImageCell
from rnnjax.unroll import Engine

CELLS: tuple[Cell, ...] = (
    cells.AntisymmetricRNN(3, epsilon=0.3, gamma=0.1),
    cells.ATR(3),
    cells.BabyNTM(3, width=2, slots=4),
    cells.BRC(3),
    cells.CfC(3, backbone=4),
    cells.CFN(3),
    cells.CIFG(3),
    cells.ClockworkRNN(3, (1, 2)),
    cells.ConvGRU(2, (2, 1)),
    cells.ConvLSTM(2, (1, 2)),
    cells.CoRNN(3, dt=0.3),
    cells.CTRNN(3),
    cells.DeltaNet(4, heads=2),
    cells.DeltaProduct(4, heads=2),
    cells.DNC(3, width=2, slots=3, reads=1),
    cells.Elman(3),
    cells.ESN(3, leak=0.6),
    cells.EUNN(3),
    cells.ExpRNN(3),
    cells.FastGRNN(3),
    cells.FastRNN(3),
    cells.FFM(3, memory=2, contexts=3),
    cells.FullCapacityURNN(2),
    cells.GatedAntisymmetricRNN(3, epsilon=0.3, gamma=0.1),
    cells.GatedDeltaNet(4, heads=2),
    cells.GILR(3),
    cells.GLA(6, heads=2),
    cells.GORU(3),
    cells.GRU(3),
    cells.GRUD(3),
    cells.GRUResetBefore(3),
    cells.HCoRNN(3, dt=0.2),
    cells.HGRN(3, 0.2),
    cells.HGRN2(4, heads=2, bound=0.2),
    cells.IndRNN(3),
    cells.IndyLSTM(3),
    cells.IntersectionRNN(3),
    cells.JANET(3),
    cells.Jordan(3, context=2, mu=0.5),
    cells.LayerNormGRU(3),
    cells.LayerNormLSTM(3),
    cells.LeakyElman(3),
    cells.LegS(3, order=4),
    cells.LEM(3),
    cells.LightRU(3),
    cells.LiGRU(3),
    cells.LinearAttention(4, heads=2),
    cells.LipschitzRNN(3, epsilon=0.3, gamma=0.1),
    cells.LMU(3, order=6, theta=5.0),
    cells.LRU(3),
    cells.LSTM(3),
    cells.LSTMP(4),
    cells.LTC(3, unfolds=2),
    cells.Mamba(3, state_dim=2),
    cells.Mamba2(4, heads=2, key_dim=3),
    cells.MCLSTM(3),
    cells.MemoryControllerLSTM(3),
    cells.MGU(3),
    cells.MGUResetBefore(3),
    cells.MinGRU(3),
    cells.MinimalRNN(3),
    cells.MinLSTM(3),
    cells.MiRU1(3),
    cells.MiRU2(3),
    cells.MLSTM(4, heads=2),
    cells.MogrifierLSTM(3, rounds=3),
    cells.MultiplicativeLSTM(3),
    cells.MultiplicativeRNN(3, factors=4),
    cells.MUT1(3),
    cells.MUT2(3),
    cells.MUT3(3),
    cells.NASCell(3),
    cells.NBRC(3),
    cells.NNRNN(3),
    cells.NTM(3, width=2, slots=4),
    cells.ONLSTM(4, chunk=2),
    cells.OriginalLSTM(3),
    cells.ORNN(3),
    cells.PeepholeLSTM(3),
    cells.PhasedLSTM(3, ratio=0.7, log_tau_max=2.0),
    cells.QRNN(3),
    cells.RAN(3),
    cells.RetNet(4, heads=2, key_dim=4),
    cells.RGLRU(4, heads=2),
    cells.RHN(3, depth=2),
    cells.RWKV4(3),
    cells.RWKV6(4, heads=2, rank=2),
    cells.RWKV7(4, heads=2, rank=2),
    cells.S4D(3, state_dim=4),
    cells.S5(3, state_dim=8, blocks=2),
    cells.ScoRNN(3),
    cells.SCRN(4, context=2),
    cells.SGRN(3),
    cells.SlimLSTM(3),
    cells.SLSTM(4, heads=2),
    cells.SpectralRNN(3),
    cells.SRU(3),
    cells.SRUv2(3),
    cells.StackRNN(3, stacks=2, slots=4),
    cells.STAR(3),
    cells.TapeRNN(3, width=2, slots=5, jump=2, layers=(4,)),
    cells.TypedGRU(3),
    cells.TypedLSTM(3),
    cells.TypedRNN(3),
    cells.UGRNN(3),
    cells.UnICORNN(3, dt=0.5, alpha=1.0),
    cells.URLSTM(3),
    cells.URNN(3),
    cells.VectorStackRNN(3, width=2, slots=4),
    cells.WilsonCowan(2),
    cells.WMCLSTM(3),
    compose.block_diagonal(cells.GRU(4), 2),
    compose.dale(cells.Elman(4), 0.5),
    compose.Dilated(cells.LSTM(2), 2),
    compose.FastSlow((cells.GRU(3), cells.GRU(3)), cells.LSTM(2)),
    compose.independent(cells.LSTM(3)),
    compose.learned_start(cells.Elman(3)),
    compose.learned_start(cells.GRUResetBefore(2)),
    compose.learned_start(cells.LRU(2)),
    compose.preactivation_noise(cells.LSTM(3), 0.4),
    compose.recurrent_dropout(cells.LSTM(3), 0.4),
    compose.Residual(cells.GRU(2)),
    compose.skip(cells.Elman(3), 2),
    compose.sparse(cells.UGRNN(3), 0.5),
    compose.Stack((cells.LRU(2), compose.Residual(cells.MinGRU(2)))),
    compose.Stack((cells.LSTM(3), cells.MinGRU(2))),
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
    cells.MUT1(2),
    cells.SlimLSTM(3, variant=5),
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
WITHOUT_KERNEL: frozenset[str] = frozenset(
    {
        "BlockDiagonal",
        "ClockworkRNN",
        "ConvGRU",
        "ConvLSTM",
        "LayerNormGRU",
        "ONLSTM",
        "PhasedLSTM",
    }
)

# Cells that count their steps: whole numbers in a state, with which `deferred` runs as `scan` does
# and `newton` not at all.
COUNTING: frozenset[str] = frozenset({"ClockworkRNN", "PhasedLSTM"})

# Engines that every cell of a contract is run on, also where not all pairs are; the first is meant.
MAIN: dict[type[Cell], tuple[Engine, ...]] = {
    SplitCell: (unroll.scan, unroll.deferred),
    AssociativeCell: (unroll.linear_scan, unroll.associative),
    compose.Composite: (unroll.auto,),
    Cell: (unroll.scan,),
}

# One cell of each contract, which is asked for all laws by default.
REPRESENTATIVES: tuple[Cell, ...] = (
    cells.DeltaNet(4, heads=2),
    cells.GRUResetBefore(3),
    cells.LRU(3),
    cells.LSTM(3),
    compose.Stack((cells.LSTM(3), cells.MinGRU(2))),
)

# Cells that are asked for the laws of a step by default: one of some families, and those that have
# a derivative of their own.
USUAL: tuple[Cell, ...] = (
    *REPRESENTATIVES,
    *(
        cell
        for cell in CELLS
        if type(cell).__name__
        in [
            "ConvLSTM",
            "Elman",
            "ExpRNN",
            "GRU",
            "LEM",
            "StackRNN",
        ]
    ),
    compose.recurrent_dropout(cells.LSTM(3), 0.4),
    compose.zoneout(cells.LRU(3), 0.4),
)


def of_width(name: str, hidden: int) -> Cell:
    """Returns the cell of that name; one of images has images of one pixel."""
    kind = getattr(cells, name)
    return kind(hidden, image=(1, 1)) if issubclass(kind, ImageCell) else kind(hidden)


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


SERVED = [
    (e, c)
    for e, contract in ENGINES.items()
    for c in CELLS
    if serves(contract, c)
    and not (isinstance(e, unroll.Deferred | unroll.Newton) and type(c).__name__ in COUNTING)
]
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
