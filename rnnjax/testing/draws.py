"""Numbers for the laws: parameters, states and inputs with nothing left at zero.

Batch sizes equal feature sizes on purpose: an axis taken for another then gives wrong numbers
instead of an error about shapes.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells import Cell
from rnnjax.numbers import is_number
from rnnjax.testing.compiled import compiled
from rnnjax.typing import Array, Params, State

D, B, T = 2, 3, 7


def normal(seed: int, shape: tuple[int, ...], dtype: np.dtype | type = np.float32) -> np.ndarray:
    """Draws normal numbers, real or complex."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=shape)
    if np.issubdtype(dtype, np.complexfloating):
        numbers = numbers + 1j * rng.normal(size=shape)
    return numbers.astype(dtype)


def shaken(seed: int, tree: Params, scale: float) -> Params:
    """Adds normal numbers to every leaf of real or complex numbers."""
    leaves, structure = jax.tree.flatten(tree)
    leaves = [
        jnp.asarray(np.asarray(x) + scale * normal(seed + i, x.shape, x.dtype), x.dtype)
        if is_number(x)
        else x
        for i, x in enumerate(leaves)
    ]
    return jax.tree.unflatten(structure, leaves)


def params_of(cell: Cell, seed: int = 0) -> Params:
    """Draws parameters; biases and peepholes, which start at zero, are moved off it."""
    return _params_of(cell, seed, jnp.result_type(float))


@functools.lru_cache(maxsize=256)
def _params_of(cell: Cell, seed: int, dtype: np.dtype) -> Params:  # of which `init` makes numbers
    del dtype
    return shaken(seed + 1, _init(cell, jax.random.key(seed)), 0.2)


_init = compiled(lambda cell, key: cell.init(key, D))


def state_of(cell: Cell, batch_shape: tuple[int, ...] = ()) -> State:
    """Draws a state."""
    return shaken(50, cell.initial_state(params_of(cell), batch_shape), 0.7)


def noise_of(cell: Cell, leading: tuple[int, ...]) -> Any:
    """Draws the noise of a run, None where the cell has none."""
    return cell.draw(jax.random.key(7), params_of(cell), leading)


def doubled(tree: State) -> State:
    """Casts to double precision; the leaves become NumPy arrays."""
    return jax.tree.map(
        lambda x: np.asarray(x, np.result_type(x.dtype, np.float64) if is_number(x) else x.dtype),
        tree,
    )


def halved(tree: Params) -> Params:
    """Casts real numbers to bfloat16; the leaves become NumPy arrays."""
    return jax.tree.map(
        lambda x: np.asarray(x).astype(jnp.bfloat16) if x.dtype == jnp.float32 else np.asarray(x),
        tree,
    )


def weights(x: Any) -> np.ndarray:
    """Returns the weights that `weigh` gives to the entries of `x`, shaped like it."""
    return np.cos(1.0 + np.arange(x.size)).reshape(x.shape)


def weigh(tree: State) -> Array:
    """Returns a real number that depends on every entry of `tree`, each with its own weight."""

    def leaf(x: Array) -> Array:
        x = x if is_number(x) else jnp.asarray(x, float)
        own = weights(x).astype(x.real.dtype)
        total = jnp.sum(own * x.real)
        return total + jnp.sum(own[..., ::-1] * x.imag) if jnp.iscomplexobj(x) else total

    return sum(map(leaf, jax.tree.leaves(tree)), start=jnp.zeros(()))


def gradient_of_weigh(tree: State) -> State:
    """Returns the gradient of `weigh`, in NumPy; zeros for whole numbers."""

    def leaf(x: Any) -> np.ndarray:
        if not is_number(x):
            return np.zeros(x.shape, bool)
        own = weights(x)
        own = own - 1j * own[..., ::-1] if jnp.iscomplexobj(x) else own
        return own.astype(x.dtype)

    return jax.tree.map(leaf, tree)


def specs(tree: State) -> State:
    """Replaces each leaf by its shape and dtype, as text."""
    return jax.tree.map(lambda x: f"{x.dtype}{x.shape}", tree)


def assert_close(actual: State, expected: State, rtol: float = 1e-4, atol: float = 2e-5) -> None:
    """Compares trees, leaf by leaf, up to rounding."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    leaves = zip(jax.tree.leaves_with_path(actual), jax.tree.leaves(expected), strict=True)
    for (path, a), e in leaves:
        name = f"at {jax.tree_util.keystr(path)}" if path else ""
        np.testing.assert_allclose(np.asarray(a), np.asarray(e), rtol, atol, err_msg=name)


def assert_identical(actual: State, expected: State) -> None:
    """Compares trees, leaf by leaf, bit for bit."""
    assert specs(actual) == specs(expected), f"{specs(actual)} is not {specs(expected)}"
    for a, e in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert np.asarray(a).tobytes() == np.asarray(e).tobytes(), f"{a} is not {e}"


def assert_finite(tree: State) -> None:
    """Looks for infinities and NaN."""
    for leaf in jax.tree.leaves(tree):
        assert np.isfinite(np.asarray(leaf, complex)).all(), f"not finite: {leaf}"
