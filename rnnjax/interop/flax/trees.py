"""What linen and nnx share: each gate has arrays of its own, found by its name."""

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp

from rnnjax.interop.gates import Library, Weights, take
from rnnjax.interop.layers import Directions, Network, Place, gathered, places, taken, written
from rnnjax.typing import Array, Params

THEIRS = Directions("forward_rnn", "backward_rnn")


def load_each(
    network: Network, params: Any, library: Library, load: Callable[[Place, Any], Params]
) -> Params:
    """Returns the parameters of a network from Flax's, cell by cell.

    Example:
        >>> from rnnjax.cells import Elman
        >>> from rnnjax.interop.gates import Gates
        >>> library = Library("linen", {Elman: Gates("SimpleCell", ("h",))})
        >>> load_each(Elman(4), {"w": 1}, library, lambda place, params: params["w"])
        1
    """
    each = zip(places(network, library), taken(network, params, THEIRS), strict=True)
    return gathered(network, [load(*pair) for pair in each])


def dump_each(
    network: Network, params: Params, library: Library, dump: Callable[[Place, Weights], Any]
) -> Any:
    """Returns Flax's parameters from those of a network, cell by cell.

    Example:
        >>> from rnnjax.cells import Elman
        >>> from rnnjax.interop.gates import Gates
        >>> library = Library("linen", {Elman: Gates("SimpleCell", ("h",))})
        >>> import jax
        >>> params = Elman(4).init(jax.random.key(0), 3)
        >>> dump_each(Elman(4), params, library, lambda place, w: {"w": w.w_x.shape})
        {'w': (3, 4)}
    """
    found = places(network, library)
    each = zip(found, written(found, taken(network, params)), strict=True)
    return gathered(network, [dump(*pair) for pair in each], THEIRS)


def flat(params: Mapping[str, Any]) -> dict[str, Any]:
    """Returns arrays by their paths.

    Example:
        >>> flat({"i": {"kernel": 1, "bias": 2}})
        {'i/kernel': 1, 'i/bias': 2}
    """
    nested = {m: inner if isinstance(inner, Mapping) else {} for m, inner in params.items()}
    return {f"{m}/{n}": array for m, inner in nested.items() for n, array in inner.items()}


def take_gates(place: Place, params: Mapping[str, Any], modules: list[tuple[str, str]]) -> Weights:
    """Returns the weights of a cell each of whose gates has two modules, input's and state's.

    Example:
        >>> from rnnjax.cells import Elman
        >>> from rnnjax.interop.gates import Gates
        >>> params = {"i": {"kernel": jnp.ones((3, 4))}, "h": {"kernel": jnp.ones((4, 4))}}
        >>> place = Place(Elman(4), Gates("SimpleCell", ("h",)), 0, False, "D")
        >>> take_gates(place, params, [("i", "h")]).w_x.shape
        (3, 4)
    """
    cell = place.cell
    arrays, H = flat(params), cell.hidden
    kernels, biases = [], []
    for names, rows in zip(zip(*modules, strict=True), (place.input_dim, H), strict=True):
        kernels.append([take(arrays, f"{name}/kernel", (rows, H), cell) for name in names])
        paths = [f"{name}/bias" for name in names]
        biases.append([take(arrays, p, (H,), cell) if p in arrays else None for p in paths])
    if len({kernel.shape for kernel in kernels[0]}) > 1:
        raise ValueError(f"the input's kernels of {cell} have different shapes")
    zeros = jnp.zeros_like(kernels[0][0][0])
    filled = [[zeros if b is None else b for b in some] for some in biases]
    return Weights(*(jnp.concatenate(some, axis=-1) for some in (*kernels, *filled)))


def give_gates(weights: Weights, modules: list[tuple[str, str]]) -> dict[str, dict[str, Array]]:
    """Undoes `take_gates`, with both biases of each gate.

    Example:
        >>> weights = Weights(*jnp.ones((2, 4, 4)), b_x=jnp.ones(4), b_h=jnp.zeros(4))
        >>> sorted(give_gates(weights, [("i", "h")])["h"])
        ['bias', 'kernel']
    """
    made = {}
    for way, (kernel, bias) in enumerate([(weights.w_x, weights.b_x), (weights.w_h, weights.b_h)]):
        parts = [jnp.split(array, len(modules), axis=-1) for array in (kernel, bias)]
        for pair, k, b in zip(modules, *parts, strict=True):
            made[pair[way]] = {"kernel": k, "bias": b}
    return made
