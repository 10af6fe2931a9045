"""Flax linen: `SimpleCell`, `LSTMCell` and `OptimizedLSTMCell`, `GRUCell`.

The two LSTM cells have the same parameters. A `SimpleCell` with `residual` is this one with the
identity added to `h/kernel`.
"""

from collections.abc import Mapping
from typing import Any

from rnnjax import cells
from rnnjax.interop.flax.trees import dump_each, give_gates, load_each, take_gates
from rnnjax.interop.gates import Gates, Library, Weights, read
from rnnjax.interop.layers import Network, Place
from rnnjax.typing import Array, Params

_MGU = "its MGUCell writes where the gate is closed that resets, this where it is open"
LIBRARY = Library(
    "Flax linen",
    {
        cells.Elman: Gates("SimpleCell", ("h",), None),
        cells.LSTM: Gates("LSTMCell", ("i", "f", "g", "o"), None),
        cells.GRU: Gates("GRUCell", ("r", "z", "n"), None),
    },
    {cells.MGU: _MGU, cells.MGUResetBefore: _MGU},
)


def load(network: Network, params: Any) -> Params:
    """Returns the parameters of a network.

    Args:
        network: a cell, or several: see `rnnjax.interop.flax`.
        params: those of linen, without the "params" above them.

    Raises:
        ValueError: if there is no such cell in linen, or weights are missing or of other shapes.

    Example:
        >>> import flax.linen as nn, jax, jax.numpy as jnp
        >>> theirs = nn.RNN(nn.GRUCell(4)).init(jax.random.key(0), jnp.ones((5, 3)))
        >>> load(cells.GRU(4), theirs["params"]["cell"]).w_x.shape
        (3, 12)
    """
    return load_each(network, params, LIBRARY, _load)


def dump(network: Network, params: Params) -> Any:
    """Returns linen's parameters.

    Args:
        network: a cell, or several: see `rnnjax.interop.flax`.
        params: its parameters.

    Raises:
        ValueError: if there is no such cell in linen, or the parameters are of another.

    Example:
        >>> import jax
        >>> params = cells.LSTM(4).init(jax.random.key(0), 3)
        >>> sorted(dump(cells.LSTM(4), params))
        ['hf', 'hg', 'hi', 'ho', 'if', 'ig', 'ii', 'io']
    """
    return dump_each(network, params, LIBRARY, _dump)


def _load(place: Place, params: Mapping[str, Any]) -> Params:
    return read(place.cell, place.gates, take_gates(place, params, modules(place.gates)))


def _dump(place: Place, weights: Weights) -> dict[str, dict[str, Array]]:
    made = give_gates(weights, modules(place.gates))
    if isinstance(place.cell, cells.LSTM):  # whose one bias is the state's
        return one_bias(made, place.gates)
    for name in ("h", "hr", "hz"):
        made.get(name, {}).pop("bias", None)
    return made


def modules(gates: Gates) -> list[tuple[str, str]]:
    """Names the two modules of each gate, the input's and the state's.

    Example:
        >>> modules(Gates("GRUCell", ("r", "z", "n")))
        [('ir', 'hr'), ('iz', 'hz'), ('in', 'hn')]
    """
    if gates.order == ("h",):
        return [("i", "h")]
    return [(f"i{gate}", f"h{gate}") for gate in gates.order]


def one_bias(made: dict[str, dict[str, Array]], gates: Gates) -> dict[str, dict[str, Array]]:
    """Moves each gate's bias from the input's module to the state's.

    Example:
        >>> made = {"ii": {"bias": 1}, "hi": {"bias": 0}}
        >>> one_bias(made, Gates("LSTMCell", ("i",)))
        {'ii': {}, 'hi': {'bias': 1}}
    """
    for of_input, of_state in modules(gates):
        made[of_state]["bias"] = made[of_input].pop("bias")
    return made
