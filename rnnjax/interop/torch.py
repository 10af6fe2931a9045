"""PyTorch: `nn.RNN`, `nn.LSTM` with and without `proj_size`, `nn.GRU`.

Weights are a `state_dict`, matrices with a row for each gate unit. Each layer has two biases, which
add up: `load` returns their sum and `dump` makes the second zero, but for the one inside the reset
of a GRU. A model that goes on learning after `load` has one bias where PyTorch's has two, which an
optimizer moves twice as far. Without biases (`bias=False`) they are zero. `nn.RNN`'s nonlinearity
and all dropout are no weights: the cell says the first, and there is no check of it.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnjax import cells
from rnnjax.interop.gates import Gates, Library, Weights, read, take
from rnnjax.interop.layers import Network, Place, alike, gathered, taken, written
from rnnjax.typing import Params

LIBRARY = Library(
    "PyTorch",
    {
        cells.Elman: Gates("nn.RNN", ("h",), (cells.tanh, cells.relu)),
        cells.LSTM: Gates("nn.LSTM", ("i", "f", "g", "o")),
        cells.LSTMP: Gates("nn.LSTM with proj_size", ("i", "f", "g", "o")),
        cells.GRU: Gates("nn.GRU", ("r", "z", "n")),
    },
)


def load(
    network: Network, state_dict: Mapping[str, Any], layer: int | None = None, reverse: bool = False
) -> Params:
    """Returns the parameters of a network from a `state_dict`.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        state_dict: of an `nn.RNN`, `nn.LSTM` or `nn.GRU`; tensors or other arrays.
        layer: where the network's first layer is in it. By default the two have equally many
            layers and directions.
        reverse: whether a cell's are those of the direction backward in time.

    Raises:
        ValueError: if there is no such cell in PyTorch, or weights are missing or of other shapes.

    Example:
        >>> weights = {"weight_ih_l0": np.ones((4, 3)), "weight_hh_l0": np.ones((4, 4))}
        >>> load(cells.Elman(4), weights).w_x.shape
        (3, 4)
        >>> load(cells.GRU(4), weights)
        Traceback (most recent call last):
        ValueError: weight_ih_l0 is (4, 3), GRU(hidden=4) takes (12, D)
    """
    found = _placed(network, layer or 0, reverse)
    if layer is None:
        _check_layers({(p.layer, p.reverse) for p in found}, state_dict)
    return gathered(network, [_load(place, state_dict) for place in found])


def dump(
    network: Network, params: Params, layer: int = 0, reverse: bool = False
) -> dict[str, np.ndarray]:
    """Returns a `state_dict` as NumPy arrays; `torch.from_numpy` makes tensors of them.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        params: its parameters.
        layer: where the network's first layer is to be in it.
        reverse: whether a cell's are to be those of the direction backward in time.

    Raises:
        ValueError: if there is no such cell in PyTorch, or the parameters are of another.

    Example:
        >>> import jax
        >>> params = cells.GRU(4).init(jax.random.key(0), 3)
        >>> {name: w.shape for name, w in dump(cells.GRU(4), params).items()}
        {'weight_ih_l0': (12, 3), 'weight_hh_l0': (12, 4), 'bias_ih_l0': (12,), 'bias_hh_l0': (12,)}
    """
    found = _placed(network, layer, reverse)
    arrays = {}
    for place, weights in zip(found, written(found, taken(network, params)), strict=True):
        end = _suffix(place)
        arrays |= {f"{name}{end}": np.array(w) for name, w in _named(weights).items()}
    return arrays


def _load(place: Place, state_dict: Mapping[str, Any]) -> Params:
    cell = place.cell
    end, H, R, G = _suffix(place), cell.hidden, cell.output_dim, len(cell.blocks) * cell.hidden

    def weight(name: str, *shape: int | str) -> Any:
        return take(state_dict, f"{name}{end}", shape, cell)

    b_x, b_h = None, None
    w_x = weight("weight_ih", G, place.input_dim).T
    w_h = weight("weight_hh", G, R).T
    if f"bias_ih{end}" in state_dict or f"bias_hh{end}" in state_dict:
        b_x, b_h = weight("bias_ih", G), weight("bias_hh", G)
    w_r = weight("weight_hr", R, H).T if isinstance(cell, cells.LSTMP) else None
    return read(cell, place.gates, Weights(w_x, w_h, b_x, b_h, w_r))


def _named(weights: Weights) -> dict[str, Any]:
    named = {"weight_ih": weights.w_x.T, "weight_hh": weights.w_h.T}
    named |= {"bias_ih": weights.b_x, "bias_hh": weights.b_h}
    return named if weights.w_r is None else {**named, "weight_hr": weights.w_r.T}


def _placed(network: Network, layer: int, reverse: bool) -> list[Place]:
    found = alike(network, LIBRARY)
    if reverse and len(found) > 1:
        raise ValueError("reverse is for one cell; several say themselves how they run")
    return [p._replace(layer=p.layer + layer, reverse=p.reverse or reverse) for p in found]


def _suffix(place: Place) -> str:
    return f"_l{place.layer}{'_reverse' * place.reverse}"


def _check_layers(wanted: set[tuple[int, bool]], state_dict: Mapping[str, Any]) -> None:
    names = [re.fullmatch(r"weight_ih_l(\d+)(_reverse)?", name) for name in state_dict]
    found = {(int(name[1]), name[2] is not None) for name in names if name}
    if found and found != wanted:
        raise ValueError(
            f"the state_dict has {_count(found)}, the network has {_count(wanted)}; "
            "a cell alone is told which by layer and reverse"
        )


def _count(layers: set[tuple[int, bool]]) -> str:
    depth, ways = (len(set(some)) for some in zip(*layers, strict=True))
    return f"{depth} layer{'s' * (depth > 1)} in {ways} direction{'s' * (ways > 1)}"
