"""What the tables of all libraries say, and the one way from a row to a cell's parameters."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import cells
from rnnjax.cells.activations import Activation
from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params

SIGMOIDS = (cells.fast_sigmoid, cells.sigmoid)


class Gates(NamedTuple):
    """How a library has a cell: a row of its table.

    Attributes:
        name: what it is called there.
        order: its gates in the library's order, by the cell's names.
        activations: what the candidate can be made with there, gates then being sigmoids; any, and
            any gates, if None.
        forget: what the library adds to the bias of the forget gate when it runs.
        flipped: the gates that are the other way round there, `sigmoid(-a) = 1 - sigmoid(a)`.

    Example:
        >>> Gates("GRU", order=("z", "r", "n")).order
        ('z', 'r', 'n')
    """

    name: str
    order: tuple[str, ...]
    activations: tuple[Activation, ...] | None = (cells.tanh,)
    forget: float = 0.0
    flipped: tuple[str, ...] = ()


class Library(NamedTuple):
    """A library's name, its table, and why it has not what one might look for there.

    Example:
        >>> library = Library("Other", {cells.GRU: Gates("GRU", ("z", "r", "n"))})
        >>> gates_of(cells.LSTM(4), library)
        Traceback (most recent call last):
        ValueError: LSTM(hidden=4, forget_bias=1.0): Other has no such cell; it has GRU
    """

    name: str
    table: Mapping[type[Cell], Gates]
    lacks: Mapping[type[Cell], str] = {}


class Weights(NamedTuple):
    """A cell's weights in the order of a library, rows for inputs; None where there are none.

    Example:
        >>> Weights(w_x=jnp.zeros((3, 8)), w_h=jnp.zeros((4, 8))).b_x is None
        True
    """

    w_x: Array  # [D, G]
    w_h: Array  # [R, G], with R outputs of the cell
    b_x: Any = None  # [G], added to the input's product
    b_h: Any = None  # [G], added to the state's
    w_r: Any = None  # [H, R], a projection


_LACKS = {
    cells.PeepholeLSTM: "its LSTM has no peepholes",
    cells.LSTMP: "its LSTM has no projection",
    cells.GRU: "its GRU resets before the recurrent product, as GRUResetBefore does",
    cells.GRUResetBefore: "its GRU resets after the recurrent product, as GRU does",
}


def gates_of(cell: Cell, library: Library) -> Gates:
    """Returns the row of a cell.

    Raises:
        ValueError: if the library has no such cell, or not with such activations.

    Example:
        >>> library = Library("Other", {cells.GRU: Gates("GRU", ("z", "r", "n"))})
        >>> gates_of(cells.GRU(4), library).name
        'GRU'
        >>> gates_of(cells.GRU(4, activation=cells.relu), library)
        Traceback (most recent call last):
        ValueError: GRU(hidden=4, activation=relu): GRU of Other has tanh and sigmoid alone
    """
    kind = type(cell)  # a subclass may be another function
    if kind not in library.table:
        names = ", ".join(sorted({gates.name for gates in library.table.values()}))
        why = {**_LACKS, **library.lacks}.get(kind, f"it has {names}")
        raise ValueError(f"{cell}: {library.name} has no such cell; {why}")
    gates = library.table[kind]
    if gates.activations is not None:
        gated = hasattr(cell, "gate_activation")
        fits = getattr(cell, "activation", None) in gates.activations
        if not fits or (gated and getattr(cell, "gate_activation", None) not in SIGMOIDS):
            has = " or ".join(function.__name__ for function in gates.activations)
            has += " and sigmoid" * gated
            raise ValueError(f"{cell}: {gates.name} of {library.name} has {has} alone")
    return gates


def take(arrays: Mapping[str, Any], name: str, shape: tuple[int | str, ...], taker: object) -> Any:
    """Returns an array by its name.

    Args:
        arrays: arrays of any library by their names.
        name: of the one.
        shape: what it has to be, letters standing for sizes that are not known.
        taker: what it is for, a cell.

    Raises:
        ValueError: if there is none of the name, or it has another shape.

    Example:
        >>> take({"w": np.zeros((3, 4))}, "w", ("D", 4), cells.Elman(4)).shape
        (3, 4)
        >>> take({"w": np.zeros((3, 8))}, "w", ("D", 4), cells.Elman(4))
        Traceback (most recent call last):
        ValueError: w is (3, 8), Elman(hidden=4, activation=tanh) takes (D, 4)
    """
    text = f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
    if name not in arrays:
        names = ", ".join(map(str, arrays)) or "nothing"
        raise ValueError(f"{taker} takes {name} {text}, of which there is none among {names}")
    array = arrays[name]
    if not isinstance(array, jax.Array):
        array = jnp.asarray(np.asarray(array))
    pairs = zip(array.shape, shape, strict=False)
    if array.ndim != len(shape) or any(n != s for n, s in pairs if not isinstance(s, str)):
        raise ValueError(f"{name} is {array.shape}, {taker} takes {text}")
    return array


def split(array: Array, names: tuple[str, ...]) -> dict[str, Array]:
    """Takes an array `[..., G]` apart, by the names of its blocks.

    Example:
        >>> {name: block.tolist() for name, block in split(jnp.arange(4), ("z", "r")).items()}
        {'z': [0, 1], 'r': [2, 3]}
    """
    return dict(zip(names, jnp.split(array, len(names), axis=-1), strict=True))


def join(blocks: Mapping[str, Array], names: tuple[str, ...]) -> Array:
    """Puts blocks side by side in an order, `[..., G]`.

    Example:
        >>> join(split(jnp.arange(4), ("z", "r")), ("r", "z")).tolist()
        [2, 3, 0, 1]
    """
    return jnp.concatenate([blocks[name] for name in names], axis=-1)


def read(cell: Any, gates: Gates, weights: Weights) -> Params:
    """Returns a library's weights as the parameters of a cell.

    Args:
        cell: a cell made of blocks.
        gates: its row of the library's table.
        weights: of shapes that have been looked at.

    Example:
        >>> gates = Gates("GRU", ("z", "r", "n"), flipped=("z",))
        >>> weights = Weights(jnp.ones((1, 3)), jnp.ones((1, 3)), b_h=jnp.arange(3.0))
        >>> params = read(cells.GRU(1), gates, weights)
        >>> params.w_x.tolist(), params.b.tolist(), params.b_n.tolist()
        ([[1.0, -1.0, 1.0]], [1.0, 0.0, 0.0], [2.0])
    """

    def ours(array: Array | None) -> Array:
        if array is None:
            return jnp.zeros_like(weights.w_x[0])
        return join(_turned(split(array, gates.order), gates.flipped), cell.blocks)

    b, b_h = ours(weights.b_x), ours(weights.b_h)
    more = {}
    if hasattr(cell.params_type, "b_n"):  # inside the reset it does not add up with the other
        b_h, more["b_n"] = b_h.at[-cell.hidden :].set(0), b_h[-cell.hidden :]
    if weights.w_r is not None:
        more["w_r"] = weights.w_r
    b = _with_forget(cell, b + b_h, gates.forget)
    return cell.params_type(w_x=ours(weights.w_x), w_h=ours(weights.w_h), b=b, **more)


def write(cell: Any, gates: Gates, params: Params, input_dim: int | str = "D") -> Weights:
    """Undoes `read`: all biases are the input's but that inside the reset.

    Raises:
        ValueError: if the parameters are those of another cell.

    Example:
        >>> gates = Gates("GRU", ("z", "r", "n"))
        >>> params = cells.GRU.params_type(*jnp.ones((2, 1, 3)), b=jnp.arange(3.0), b_n=jnp.ones(1))
        >>> weights = write(cells.GRU(1), gates, params)
        >>> weights.b_x.tolist(), weights.b_h.tolist()
        ([1.0, 0.0, 2.0], [0.0, 0.0, 1.0])
    """
    H, R, G = cell.hidden, cell.output_dim, len(cell.blocks) * cell.hidden
    sizes = {"w_x": (input_dim, G), "w_h": (R, G), "b": (G,), "b_n": (H,), "w_r": (H, R)}
    found = params._asdict() if hasattr(params, "_asdict") else {}
    own = {n: take(found, n, sizes[n], cell) for n in cell.params_type._fields}
    if more := sorted({*found} - {*own}):
        raise ValueError(f"{cell} has no {', '.join(more)}, which is among the parameters")

    def theirs(array: Array) -> Array:
        return join(_turned(split(array, cell.blocks), gates.flipped), gates.order)

    b_h = jnp.zeros_like(own["b"])
    if "b_n" in own:
        b_h = b_h.at[-H:].set(own["b_n"])
    b = theirs(_with_forget(cell, own["b"], -gates.forget))
    return Weights(theirs(own["w_x"]), theirs(own["w_h"]), b, theirs(b_h), own.get("w_r"))


def _turned(blocks: dict[str, Array], names: tuple[str, ...]) -> dict[str, Array]:
    return {name: -block if name in names else block for name, block in blocks.items()}


def _with_forget(cell: Any, b: Array, offset: float) -> Array:
    if offset == 0:
        return b
    blocks = split(b, cell.blocks)
    return join({**blocks, "f": blocks["f"] + offset}, cell.blocks)
