"""Equinox: `nn.LSTMCell` and `nn.GRUCell`.

Weights are what a cell has as attributes, `vars(theirs)`: `weight_ih`, `weight_hh`, matrices with a
row for each gate unit, `bias`, and of a GRU `bias_n`, inside the reset. Of several cells they are a
sequence, one entry a cell, forward before backward. `equinox.tree_at` puts them into a cell.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from rnnjax import cells
from rnnjax.cells.base import Cell
from rnnjax.compose.stack import Stack
from rnnjax.interop.gates import Gates, Library, Weights, read, take
from rnnjax.interop.layers import Network, Place, gathered, places, taken, written
from rnnjax.typing import Array, Params

LIBRARY = Library(
    "Equinox",
    {
        cells.LSTM: Gates("nn.LSTMCell", ("i", "f", "g", "o")),
        cells.GRU: Gates("nn.GRUCell", ("r", "z", "n")),
    },
    {cells.Elman: "its cells are LSTM and GRU"},
)


def load(network: Network, weights: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Params:
    """Returns the parameters of a network.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        weights: of the cell by names, or of each cell.

    Raises:
        ValueError: if there is no such cell in Equinox, or weights are missing or of other shapes.

    Example:
        >>> import numpy as np
        >>> weights = {"weight_ih": np.ones((16, 3)), "weight_hh": np.ones((16, 4)), "bias": None}
        >>> load(cells.LSTM(4), weights).w_x.shape
        (3, 16)
    """
    found = places(network, LIBRARY)
    each = [weights] if isinstance(weights, Mapping) else weights
    if len(each) != len(found):
        raise ValueError(f"{len(each)} sets of weights are not those of {len(found)} cells")
    return gathered(network, [_load(*pair) for pair in zip(found, each, strict=True)])


def dump(network: Network, params: Params) -> Any:
    """Returns a cell's weights by names, or those of each cell.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        params: its parameters.

    Raises:
        ValueError: if there is no such cell in Equinox, or the parameters are of another.

    Example:
        >>> import jax
        >>> params = cells.GRU(4).init(jax.random.key(0), 3)
        >>> {name: w.shape for name, w in dump(cells.GRU(4), params).items()}
        {'weight_ih': (12, 3), 'weight_hh': (12, 4), 'bias': (12,), 'bias_n': (4,)}
    """
    found = places(network, LIBRARY)
    weights = written(found, taken(network, params))
    each = tuple(_dump(*pair) for pair in zip(found, weights, strict=True))
    one = isinstance(network, Cell) and not isinstance(network, Stack)
    return each[0] if one else each


def _load(place: Place, weights: Mapping[str, Any]) -> Params:
    cell = place.cell
    H, G = cell.hidden, len(cell.blocks) * cell.hidden
    w_x = take(weights, "weight_ih", (G, place.input_dim), cell).T
    w_h = take(weights, "weight_hh", (G, H), cell).T
    has = weights.get("bias") is not None  # None with `use_bias=False`
    b_x = take(weights, "bias", (G,), cell) if has else None
    b_h = None
    if isinstance(cell, cells.GRU) and has:
        b_h = jnp.pad(take(weights, "bias_n", (H,), cell), (G - H, 0))
    return read(cell, place.gates, Weights(w_x, w_h, b_x, b_h))


def _dump(place: Place, w: Weights) -> dict[str, Array]:
    named = {"weight_ih": w.w_x.T, "weight_hh": w.w_h.T, "bias": w.b_x}
    if isinstance(place.cell, cells.GRU):
        named["bias_n"] = w.b_h[-place.cell.hidden :]
    return named
