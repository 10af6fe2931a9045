"""Keras 3: `SimpleRNN`, `LSTM`, `GRU` with `reset_after` True (`GRU`) and False (`GRUResetBefore`).

Weights are a layer's `get_weights()`: kernel, recurrent kernel and, with `use_bias`, bias. Those of
a `Bidirectional` are the forward layer's and then the backward layer's; of a model of such layers
alone, those of its layers in turn. A layer's activations are no weights and no check is made of
them: `activation` and `recurrent_activation` of the layer have to be the cell's.
"""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from rnnjax import cells
from rnnjax.interop.gates import Gates, Library, Weights, read, take
from rnnjax.interop.layers import Network, Place, gathered, places, taken, written
from rnnjax.typing import Params

LIBRARY = Library(
    "Keras",
    {
        cells.Elman: Gates("SimpleRNN", ("h",), None),
        cells.LSTM: Gates("LSTM", ("i", "f", "g", "o"), None),
        cells.GRU: Gates("GRU", ("z", "r", "n"), None),
        cells.GRUResetBefore: Gates("GRU with reset_after=False", ("z", "r", "n"), None),
    },
)
_NAMES = ("kernel", "recurrent_kernel", "bias")


def load(network: Network, weights: Sequence[Any]) -> Params:
    """Returns the parameters of a network from a list of weights.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        weights: the list.

    Raises:
        ValueError: if there is no such cell in Keras, or weights are missing or of other shapes.

    Example:
        >>> load(cells.LSTM(4), [np.ones((3, 16)), np.ones((4, 16)), np.ones(16)]).b.shape
        (16,)
    """
    found = places(network, LIBRARY)
    count, biased, bare = len(weights), 3 * len(found), 2 * len(found)
    if count not in (biased, bare):
        raise ValueError(
            f"{count} arrays are the weights of no {len(found)} layers and directions; "
            f"they have {biased}, or {bare} without biases"
        )
    each = count // len(found)
    split = [weights[i : i + each] for i in range(0, count, each)]
    return gathered(network, [_load(*pair) for pair in zip(found, split, strict=True)])


def dump(network: Network, params: Params) -> list[np.ndarray]:
    """Returns the list that `set_weights` takes.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        params: its parameters.

    Raises:
        ValueError: if there is no such cell in Keras, or the parameters are of another.

    Example:
        >>> import jax
        >>> params = cells.GRU(4).init(jax.random.key(0), 3)
        >>> [w.shape for w in dump(cells.GRU(4), params)]
        [(3, 12), (4, 12), (2, 12)]
    """
    found, arrays = places(network, LIBRARY), []
    for place, w in zip(found, written(found, taken(network, params)), strict=True):
        bias = jnp.stack([w.b_x, w.b_h]) if isinstance(place.cell, cells.GRU) else w.b_x
        arrays += [w.w_x, w.w_h, bias]
    return [np.array(array) for array in arrays]


def _load(place: Place, weights: Sequence[Any]) -> Params:
    cell, D = place.cell, place.input_dim
    H, G = cell.hidden, len(cell.blocks) * cell.hidden
    named: dict[str, Any] = dict(zip(_NAMES, weights, strict=False))
    w_x, w_h = take(named, "kernel", (D, G), cell), take(named, "recurrent_kernel", (H, G), cell)
    b_x, b_h = None, None
    if "bias" in named and isinstance(cell, cells.GRU):
        b_x, b_h = take(named, "bias", (2, G), cell)
    elif "bias" in named:
        b_x = take(named, "bias", (G,), cell)
    return read(cell, place.gates, Weights(w_x, w_h, b_x, b_h))
