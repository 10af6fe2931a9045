"""Haiku: `VanillaRNN` (relu alone), `LSTM`, `GRU` (which is `GRUResetBefore`).

Weights are the parameters of a transformed function, `{"lstm/linear": {"w": ..., "b": ...}}`. Cells
go by the names that Haiku gives them in order, `lstm`, `gru`, `lstm_1`, or by those given; of a
bidirectional layer the forward cell comes first. Haiku adds 1 to an LSTM's forget gate when it
runs, so biases differ by 1 there, and its GRU writes where ours keeps, so that gate's weights
change sign.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from rnnjax import cells
from rnnjax.interop.gates import Gates, Library, Weights, read, take
from rnnjax.interop.layers import Network, Place, gathered, places, taken, written
from rnnjax.typing import Array, Params

LIBRARY = Library(
    "Haiku",
    {
        cells.Elman: Gates("VanillaRNN", ("h",), (cells.relu,)),
        cells.LSTM: Gates("LSTM", ("i", "g", "f", "o"), forget=1.0),
        cells.GRUResetBefore: Gates("GRU", ("z", "r", "n"), flipped=("z",)),
    },
)
_MODULES = {cells.Elman: "vanilla_rnn", cells.LSTM: "lstm", cells.GRUResetBefore: "gru"}


def load(
    network: Network, params: Mapping[str, Mapping[str, Any]], names: Sequence[str] | None = None
) -> Params:
    """Returns the parameters of a network.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        params: those of Haiku; what else is in there is left alone.
        names: of the cells' modules in them, such as `("my_module/lstm",)`; Haiku's if None.

    Raises:
        ValueError: if there is no such cell in Haiku, or weights are missing or of other shapes.

    Example:
        >>> theirs = {"lstm/linear": {"w": jnp.zeros((3 + 4, 16)), "b": jnp.zeros(16)}}
        >>> load(cells.LSTM(4), theirs).b.tolist()[4:8]
        [1.0, 1.0, 1.0, 1.0]
    """
    found = _named(network, names)
    arrays = {f"{m}/{n}": w for m, weights in params.items() for n, w in weights.items()}
    return gathered(network, [_load(*pair, arrays) for pair in found])


def dump(
    network: Network, params: Params, names: Sequence[str] | None = None
) -> dict[str, dict[str, Array]]:
    """Returns Haiku's parameters, a `VanillaRNN`'s with its two biases.

    Args:
        network: a cell, or several: see `rnnjax.interop`.
        params: its parameters.
        names: of the cells' modules; Haiku's if None.

    Raises:
        ValueError: if there is no such cell in Haiku, or the parameters are of another.

    Example:
        >>> import jax
        >>> params = cells.GRUResetBefore(4).init(jax.random.key(0), 3)
        >>> jax.tree.map(jnp.shape, dump(cells.GRUResetBefore(4), params))
        {'gru': {'b': (12,), 'w_h': (4, 12), 'w_i': (3, 12)}}
    """
    made = {}
    found = _named(network, names)
    weights = written([place for place, _ in found], taken(network, params))
    for (place, name), w in zip(found, weights, strict=True):
        made |= _dump(place, name, w)
    return made


def _named(network: Network, names: Sequence[str] | None) -> list[tuple[Place, str]]:
    found = places(network, LIBRARY)
    if names is None:
        names, seen = [], Counter()
        for place in found:
            module = _MODULES[type(place.cell)]
            names.append(f"{module}_{seen[module]}" if seen[module] else module)
            seen[module] += 1
    if isinstance(names, str) or len(names) != len(found):
        raise ValueError(f"names are one for each of {len(found)} cells; got {names!r}")
    return list(zip(found, names, strict=True))


def _load(place: Place, name: str, arrays: Mapping[str, Any]) -> Params:
    cell = place.cell
    D, H, G = place.input_dim, cell.hidden, len(cell.blocks) * cell.hidden

    def weight(path: str, *shape: int | str) -> Any:
        return take(arrays, f"{name}/{path}", shape, cell)

    if isinstance(cell, cells.LSTM):
        w = weight("linear/w", f"D + {H}" if D == "D" else D + H, G)
        if w.shape[0] <= H:
            raise ValueError(f"{name}/linear/w is {w.shape}, {cell} takes (D + {H}, {G})")
        weights = Weights(w[:-H], w[-H:], weight("linear/b", G))
    elif isinstance(cell, cells.GRUResetBefore):
        weights = Weights(weight("w_i", D, G), weight("w_h", H, G), weight("b", G))
    else:
        twice = f"{name}/linear_1/b" in arrays  # not with `double_bias=False`
        b_h = weight("linear_1/b", G) if twice else None
        w_x, w_h = weight("linear/w", D, G), weight("linear_1/w", H, G)
        weights = Weights(w_x, w_h, weight("linear/b", G), b_h)
    return read(cell, place.gates, weights)


def _dump(place: Place, name: str, w: Weights) -> dict[str, dict[str, Array]]:
    cell = place.cell
    if isinstance(cell, cells.LSTM):
        return {f"{name}/linear": {"w": jnp.concatenate([w.w_x, w.w_h]), "b": w.b_x}}
    if isinstance(cell, cells.GRUResetBefore):
        return {name: {"w_i": w.w_x, "w_h": w.w_h, "b": w.b_x}}
    state = {"w": w.w_h, "b": w.b_h}
    return {f"{name}/linear": {"w": w.w_x, "b": w.b_x}, f"{name}/linear_1": state}
