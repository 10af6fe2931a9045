"""Parameters in a safetensors file, each array by its path: `cell/w_x`."""

import os
from typing import Any

import jax
import numpy as np

from rnnjax.typing import Params


def save(path: str | os.PathLike[str], params: Params) -> None:
    """Writes parameters to a file.

    Args:
        path: of the file, which is written anew.
        params: a pytree of arrays: a cell's, a network's, or what `dump` of a library returns.

    Raises:
        ImportError: if safetensors is not installed.
        ValueError: if two arrays would go by one path, or one has none.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> save("lstm.safetensors", LSTM(8).init(jax.random.key(0), 3))  # doctest: +SKIP
    """
    library = _installed()
    leaves = jax.tree.leaves_with_path(params)
    named = {_name(path): np.array(leaf, order="C") for path, leaf in leaves}
    if len(named) < len(leaves) or "" in named:
        raise ValueError("each array needs a path of its own; a name may hold no /")
    library.numpy.save_file(named, path)


def load(path: str | os.PathLike[str], like: Params) -> Params:
    """Reads parameters from a file.

    Args:
        path: of the file.
        like: a pytree of the structure, shapes and dtypes that are wanted, such as
            `jax.eval_shape(lambda key: cell.init(key, input_dim), key)`.

    Raises:
        ImportError: if safetensors is not installed.
        ValueError: if the file has other paths, shapes or dtypes; the message names the first.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> like = LSTM(8).init(jax.random.key(0), 3)
        >>> load("lstm.safetensors", like).b.shape  # doctest: +SKIP
        (32,)
    """
    found = _installed().flax.load_file(path)
    wanted, structure = jax.tree.flatten_with_path(like)
    kinds = {name: _kind(array) for name, array in found.items()}
    expected = {_name(path): _kind(leaf) for path, leaf in wanted}
    for name in [*expected, *kinds]:
        there, here = kinds.get(name, "absent"), expected.get(name, "absent")
        if there != here:
            raise ValueError(f"{name} is {there} in {os.fspath(path)} and {here} here")
    return jax.tree.unflatten(structure, [found[name] for name in expected])


def _installed() -> Any:
    try:
        import safetensors.flax  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ImportError("safetensors is not there: pip install 'rnnjax[safetensors]'") from None
    return safetensors


def _name(path: tuple[Any, ...]) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")


def _kind(array: Any) -> str:
    return f"{array.dtype}[{','.join(map(str, array.shape))}]"
