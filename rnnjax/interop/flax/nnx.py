"""Flax nnx: `SimpleCell`, `LSTMCell`, `OptimizedLSTMCell`, `GRUCell`.

Weights are `nnx.to_pure_dict(nnx.state(theirs, nnx.Param))`, and `nnx.replace_by_pure_dict` with
`nnx.update` puts them back. The two LSTM cells keep them differently, whatever Flax says: `load`
takes either, `dump` makes those of `LSTMCell`, `dump_optimized` those of `OptimizedLSTMCell`. Its
`GRUCell` has no bias inside the reset: a `GRU` is refused by `dump` unless its `b_n` is zero.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnjax import cells
from rnnjax.interop.flax.linen import modules, one_bias
from rnnjax.interop.flax.trees import dump_each, flat, give_gates, load_each, take_gates
from rnnjax.interop.gates import Gates, Library, Weights, read, take
from rnnjax.interop.layers import Network, Place
from rnnjax.typing import Array, Params

LIBRARY = Library(
    "Flax nnx",
    {
        cells.Elman: Gates("SimpleCell", ("h",), None),
        cells.LSTM: Gates("LSTMCell", ("i", "f", "g", "o"), None),
        cells.GRU: Gates("GRUCell", ("r", "z", "n"), None),
    },
)


def load(network: Network, params: Any) -> Params:
    """Returns the parameters of a network.

    Args:
        network: a cell, or several: see `rnnjax.interop.flax`.
        params: those of nnx, as a nested dict of arrays.

    Raises:
        ValueError: if there is no such cell in nnx, or weights are missing or of other shapes.

    Example:
        >>> from flax import nnx
        >>> theirs = nnx.GRUCell(3, 4, rngs=nnx.Rngs(0))
        >>> load(cells.GRU(4), nnx.to_pure_dict(nnx.state(theirs, nnx.Param))).w_x.shape
        (3, 12)
    """
    return load_each(network, params, LIBRARY, _load)


def dump(network: Network, params: Params) -> Any:
    """Returns nnx's parameters, an LSTM's for `LSTMCell`.

    Args:
        network: a cell, or several: see `rnnjax.interop.flax`.
        params: its parameters.

    Raises:
        ValueError: if there is no such cell in nnx, or the parameters are of another.

    Example:
        >>> import jax
        >>> params = cells.LSTM(4).init(jax.random.key(0), 3)
        >>> sorted(dump(cells.LSTM(4), params))
        ['hf', 'hg', 'hi', 'ho', 'if_', 'ig', 'ii', 'io']
    """
    return dump_each(network, params, LIBRARY, _dump)


def dump_optimized(network: Network, params: Params) -> Any:
    """Returns nnx's parameters, an LSTM's for `OptimizedLSTMCell`; see `dump`.

    Example:
        >>> import jax
        >>> params = cells.LSTM(4).init(jax.random.key(0), 3)
        >>> sorted(dump_optimized(cells.LSTM(4), params))
        ['dense_h', 'dense_i']
    """
    return dump_each(network, params, LIBRARY, _dump_fused)


def _load(place: Place, params: Mapping[str, Any]) -> Params:
    cell, gates = place.cell, place.gates
    if isinstance(cell, cells.LSTM) and "dense_i" not in params:
        own = {"if": params["if_"]} if "if_" in params else {}
        return read(cell, gates, take_gates(place, {**params, **own}, modules(gates)))
    arrays, G = flat(params), len(cell.blocks) * cell.hidden
    w_x = take(arrays, "dense_i/kernel", (place.input_dim, G), cell)
    w_h = take(arrays, "dense_h/kernel", (cell.hidden, G), cell)
    paths = ("dense_i/bias", "dense_h/bias")
    b_x, b_h = (take(arrays, path, (G,), cell) if path in arrays else None for path in paths)
    return read(cell, gates, Weights(w_x, w_h, b_x, b_h))


def _dump(place: Place, weights: Weights) -> dict[str, dict[str, Array]]:
    if not isinstance(place.cell, cells.LSTM):
        return _dump_fused(place, weights)
    made = one_bias(give_gates(weights, modules(place.gates)), place.gates)
    return {"if_" if name == "if" else name: module for name, module in made.items()}


def _dump_fused(place: Place, w: Weights) -> dict[str, dict[str, Array]]:
    cell = place.cell
    if isinstance(cell, cells.LSTM):  # whose one bias is the state's
        return {"dense_i": {"kernel": w.w_x}, "dense_h": {"kernel": w.w_h, "bias": w.b_x}}
    if isinstance(cell, cells.GRU) and np.any(w.b_h):
        largest = np.abs(w.b_h).max()
        raise ValueError(
            f"{cell}: GRUCell of Flax nnx has no bias inside the reset; b_n is up to {largest:.3g}"
        )
    return {"dense_i": {"kernel": w.w_x, "bias": w.b_x}, "dense_h": {"kernel": w.w_h}}
