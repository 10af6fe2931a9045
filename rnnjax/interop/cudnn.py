"""cuDNN: the flat array of weights of its RNN, LSTM and GRU, with two biases (its default).

For each layer, and within it each direction, the input's matrix and the state's; and after the
matrices of all, the two biases of each in the same order. A matrix has a row for each gate unit.
cuDNN calls the array opaque: this is the layout that `jax.experimental.rnn` packs and found by
experiment. With a projection its layout is not known here, so `LSTMP` is refused.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np

from rnnjax import cells
from rnnjax.interop.gates import Gates, Library, Weights, read, take
from rnnjax.interop.layers import Network, alike, gathered, taken, written
from rnnjax.typing import Params

LIBRARY = Library(
    "cuDNN",
    {
        cells.Elman: Gates("RNN", ("h",), (cells.tanh, cells.relu)),
        cells.LSTM: Gates("LSTM", ("i", "f", "g", "o")),
        cells.GRU: Gates("GRU", ("r", "z", "n")),
    },
    {cells.LSTMP: "where its projection lies among the weights is not known"},
)


def load(network: Network, weights: Any) -> Params:
    """Returns the parameters of a network from an array; its length says the size of inputs.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        weights: `[N]`.

    Raises:
        ValueError: if there is no such cell in cuDNN, or no size of inputs makes weights as many.

    Example:
        >>> load(cells.LSTM(4), np.zeros(4 * 4 * (3 + 4 + 2))).w_x.shape
        (3, 16)
    """
    found = alike(network, LIBRARY)
    cell = found[0].cell
    flat = take({"the array": weights}, "the array", ("N",), cell)
    H, G = cell.hidden, len(cell.blocks) * cell.hidden
    rows = [None if p.input_dim == "D" else int(p.input_dim) for p in found]
    known = G * sum((n or 0) + H + 2 for n in rows)
    input_dim, rest = divmod(flat.size - known, G * rows.count(None))
    if rest or input_dim < 1:
        step = G * rows.count(None)
        raise ValueError(
            f"the array is {flat.shape}, {len(found)} layers and directions of {cell} "
            f"take ({known} + {step} D,)"
        )
    shapes = [shape for n in rows for shape in ((G, n or input_dim), (G, H))]
    shapes += [(G,)] * (2 * len(found))
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = [a.reshape(s) for a, s in zip(jnp.split(flat, ends), shapes, strict=True)]
    matrices, biases = parts[: 2 * len(found)], parts[2 * len(found) :]
    pairs = zip(matrices[::2], matrices[1::2], biases[::2], biases[1::2], strict=True)
    made = [Weights(w_x.T, w_h.T, b_x, b_h) for w_x, w_h, b_x, b_h in pairs]
    each = zip(found, made, strict=True)
    return gathered(network, [read(place.cell, place.gates, w) for place, w in each])


def dump(network: Network, params: Params) -> np.ndarray:
    """Returns the array, `[N]`.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        params: its parameters.

    Raises:
        ValueError: if there is no such cell in cuDNN, or the parameters are of another.

    Example:
        >>> import jax
        >>> dump(cells.LSTM(4), cells.LSTM(4).init(jax.random.key(0), 3)).shape
        (144,)
    """
    matrices, biases = [], []
    for w in written(alike(network, LIBRARY), taken(network, params)):
        matrices += [w.w_x.T, w.w_h.T]
        biases += [w.b_x, w.b_h]
    return np.concatenate([np.ravel(array) for array in matrices + biases])
