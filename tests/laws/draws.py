"""Numbers for the laws: parameters, states and inputs with nothing left at zero.

Batch sizes equal feature sizes on purpose: an axis taken for another then gives wrong numbers
instead of an error about shapes.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells import Cell
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
    """Adds normal numbers to every leaf."""
    leaves, structure = jax.tree.flatten(tree)
    leaves = [
        jnp.asarray(np.asarray(x) + scale * normal(seed + i, x.shape, x.dtype), x.dtype)
        for i, x in enumerate(leaves)
    ]
    return jax.tree.unflatten(structure, leaves)


def params_of(cell: Cell, seed: int = 0) -> Params:
    """Draws parameters; biases and peepholes, which start at zero, are moved off it."""
    return _params_of(cell, seed, jnp.result_type(float))


@functools.cache
def _params_of(cell: Cell, seed: int, dtype: np.dtype) -> Params:  # of which `init` makes numbers
    del dtype
    return shaken(seed + 1, cell.init(jax.random.key(seed), D), 0.2)


def state_of(cell: Cell, batch_shape: tuple[int, ...] = ()) -> State:
    """Draws a state."""
    return shaken(50, cell.initial_state(params_of(cell), batch_shape), 0.7)


def doubled(tree: State) -> State:
    """Casts to double precision; the leaves become NumPy arrays."""
    return jax.tree.map(lambda x: np.asarray(x, np.result_type(x.dtype, np.float64)), tree)


def weigh(tree: State) -> Array:
    """Returns a real number that depends on every entry of `tree`, each with its own weight."""

    def leaf(x: Array) -> Array:
        weights = np.cos(1.0 + np.arange(x.size)).reshape(x.shape).astype(x.real.dtype)
        total = jnp.sum(weights * x.real)
        return total + jnp.sum(weights[..., ::-1] * x.imag) if jnp.iscomplexobj(x) else total

    return sum(map(leaf, jax.tree.leaves(tree)))


def specs(tree: State) -> State:
    """Replaces each leaf by its shape and dtype, as text."""
    return jax.tree.map(lambda x: f"{x.dtype}{x.shape}", tree)


def assert_close(actual: State, expected: State, rtol: float = 1e-4, atol: float = 2e-5) -> None:
    """Compares trees, leaf by leaf, up to rounding."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, e in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(e), rtol, atol)


def assert_identical(actual: State, expected: State) -> None:
    """Compares trees, leaf by leaf, bit for bit."""
    assert specs(actual) == specs(expected)
    for a, e in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert np.asarray(a).tobytes() == np.asarray(e).tobytes(), (a, e)


def assert_finite(tree: State) -> None:
    """Looks for infinities and NaN."""
    for leaf in jax.tree.leaves(tree):
        assert np.isfinite(np.asarray(leaf, complex)).all(), leaf
