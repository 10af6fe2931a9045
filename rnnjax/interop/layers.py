"""The layers of what is made of cells: a stack, a layer of a network, several of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jax

from rnnjax.cells.base import Cell
from rnnjax.compose.stack import Stack
from rnnjax.interop.gates import Gates, Library, Weights, gates_of, write
from rnnjax.models.bidirectional import Bidirectional
from rnnjax.models.naming import from_names, to_names
from rnnjax.models.recurrent import Recurrent
from rnnjax.typing import Params

Network = Cell | Recurrent | Bidirectional | tuple["Network", ...]


class Place(NamedTuple):
    """A cell of a network as a library has it.

    Example:
        >>> from rnnjax.cells import Elman
        >>> Place(Elman(4), Gates("RNN", ("h",)), layer=1, reverse=True, input_dim=8).layer
        1
    """

    cell: Any
    gates: Gates
    layer: int  # counted from the input
    reverse: bool
    input_dim: int | str  # a letter where it is not known


class Directions(NamedTuple):
    """What the parameters of the two directions of a layer go by.

    Example:
        >>> OURS.forward
        'forward_layer'
    """

    forward: str
    backward: str


OURS = Directions("forward_layer", "backward_layer")


def places(network: Network, library: Library) -> list[Place]:
    """Lists the cells of a network, layer by layer, forward before backward.

    Raises:
        TypeError: if it is no network.
        ValueError: if it has no layer, or one that runs backward alone, or the library has not
            such cells.

    Example:
        >>> from rnnjax.cells import GRU
        >>> library = Library("Other", {GRU: Gates("GRU", ("z", "r", "n"))})
        >>> [p[2:] for p in places((Bidirectional(GRU(4)), Recurrent(GRU(2))), library)]
        [(0, False, 'D'), (0, True, 'D'), (1, False, 8)]
    """
    found, input_dim = [], "D"
    for i, layer in enumerate(_layers(network)):
        for way, cell in enumerate(layer):
            found.append(Place(cell, gates_of(cell, library), i, way == 1, input_dim))
        input_dim = sum(cell.output_dim for cell in layer)
    if not found:
        raise ValueError("a network without layers has no weights")
    return found


def alike(network: Network, library: Library) -> list[Place]:
    """Lists the places of a network whose layers are all of one kind, as some libraries have it.

    Raises:
        ValueError: if they are not, or the library has no such cell.

    Example:
        >>> from rnnjax.cells import GRU
        >>> library = Library("Other", {GRU: Gates("GRU", ("z", "r", "n"))})
        >>> alike(Stack((GRU(4), GRU(8))), library)
        Traceback (most recent call last):
        ValueError: GRU(hidden=8) above GRU(hidden=4): layers of Other are of one kind and width
    """
    found = places(network, library)
    first = found[0].cell
    for place in found:
        if _kind(place.cell) != _kind(first):
            raise ValueError(
                f"{place.cell} above {first}: layers of {library.name} are of one kind and width"
            )
    ways = {layer.layer for layer in found if layer.reverse}
    if ways and len(ways) < found[-1].layer + 1:
        raise ValueError(f"layers of {library.name} run both ways or one, all of them")
    return found


def gathered(network: Network, made: Iterable[Any], names: Directions = OURS) -> Any:
    """Returns what was made for each place in the structure of the network's parameters.

    A stack's are a tuple, and those of several layers; those of a layer a dict by names.

    Example:
        >>> from rnnjax.cells import GRU
        >>> gathered((Bidirectional(GRU(4)), Stack((GRU(4),))), [{"b": 1}, {"b": 2}, {"b": 3}])
        ({'forward_layer': {'cell': {'b': 1}}, 'backward_layer': {'cell': {'b': 2}}}, ({'b': 3},))
    """
    return _gathered(network, iter(made), names)


def taken(network: Network, params: Any, names: Directions = OURS) -> list[Any]:
    """Undoes `gathered`.

    Raises:
        ValueError: if the parameters are not of that structure.

    Example:
        >>> from rnnjax.cells import GRU
        >>> taken(Stack((GRU(4), GRU(4))), ({"b": 1},))
        Traceback (most recent call last):
        ValueError: 2 layers take as many entries; got 1
    """
    if isinstance(network, Bidirectional):
        ways = [params[name] for name in names if isinstance(params, Mapping) and name in params]
        if len(ways) < 2:
            raise ValueError(f"a layer of two directions takes {' and '.join(names)}")
        return [_cell(way) for way in ways]
    if isinstance(network, Recurrent):
        return [_cell(params)]
    if isinstance(network, Stack | tuple):
        parts = network.cells if isinstance(network, Stack) else network
        several = isinstance(params, tuple | list) and not hasattr(params, "_fields")
        if not several or len(params) != len(parts):
            got = len(params) if several else type(params).__name__
            raise ValueError(f"{len(parts)} layers take as many entries; got {got}")
        return [leaf for pair in zip(parts, params, strict=True) for leaf in taken(*pair, names)]
    return [params]


def written(found: list[Place], own: list[Any]) -> list[Weights]:
    """Returns the weights of each place in the library's order, from its cell's parameters.

    Raises:
        ValueError: if the parameters are those of another cell.

    Example:
        >>> from rnnjax.cells import Elman
        >>> library = Library("Other", {Elman: Gates("RNN", ("h",))})
        >>> import jax.numpy as jnp
        >>> named = {"w_x": jnp.ones((3, 2)), "w_h": jnp.ones((2, 2)), "b": jnp.ones(2)}
        >>> written(places(Elman(2), library), [named])[0].b_x.tolist()
        [1.0, 1.0]
    """
    each = zip(found, own, strict=True)
    return [write(p.cell, p.gates, _own(p.cell, params), p.input_dim) for p, params in each]


def _layers(network: Network) -> list[tuple[Cell, ...]]:
    if isinstance(network, Stack | tuple):
        parts = network.cells if isinstance(network, Stack) else network
        return [layer for part in parts for layer in _layers(part)]
    if isinstance(network, Bidirectional):
        return [(network.forward, network.backward or network.forward)]
    if isinstance(network, Recurrent):
        if network.reverse:
            raise ValueError(f"{network.cell} runs backward alone; load it as a cell")
        return [(network.cell,)]
    if not isinstance(network, Cell):
        raise TypeError(
            f"weights are those of a cell, a Stack, a Recurrent or Bidirectional, or a tuple of "
            f"them; got {type(network).__name__}"
        )
    return [(network,)]


def _gathered(network: Network, made: Iterator[Any], names: Directions) -> Any:
    if isinstance(network, Bidirectional):
        return {name: {"cell": to_names(next(made))} for name in names}
    if isinstance(network, Recurrent):
        return {"cell": to_names(next(made))}
    if isinstance(network, Stack | tuple):
        parts = network.cells if isinstance(network, Stack) else network
        return tuple(_gathered(part, made, names) for part in parts)
    return next(made)


def _cell(layer: Any) -> Any:
    if not isinstance(layer, Mapping) or "cell" not in layer:
        raise ValueError('the parameters of a layer are {"cell": ...}')
    return layer["cell"]


def _kind(cell: Any) -> tuple:
    """Returns what layers of one kind and width have in common."""
    return type(cell), cell.hidden, cell.output_dim, cell.activation


def _own(cell: Cell, params: Params) -> Params:
    """Returns the parameters of a cell, given by names or as they are."""
    if not isinstance(params, Mapping):
        return params
    like = jax.eval_shape(lambda key: cell.init(key, 1), jax.random.key(0))
    return from_names(params, like)
