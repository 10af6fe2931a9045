"""From the states that one network ends in to those that another one begins with."""

import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax.models.precision import Precision
from rnnjax.typing import Array, State


class Bridge(nn.Module):
    """Hands the states of one network over to another one.

    States of the same structure, shapes and types are handed over as they are. Otherwise an affine
    map of all given states, concatenated, is added to each array that the other network would begin
    with by itself. So any cell hands over to any other. A complex array counts as its real and its
    imaginary parts; arrays of whole numbers, such as counted steps, are neither read nor changed.

    Attributes:
        precision: what products are in half precision.

    References:
        Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical
        machine translation, EMNLP, arXiv:1406.1078 (there the first state of the one that writes is
        the tanh of such a map).

    Example:
        >>> given, start = jnp.ones((4, 8)), (jnp.zeros((4, 3)), jnp.zeros((4, 5)))
        >>> states, variables = Bridge().init_with_output(jax.random.key(0), given, start, (4,))
        >>> [state.shape for state in states]
        [(4, 3), (4, 5)]
    """

    precision: Precision = Precision.F32

    @nn.compact
    def __call__(self, given: State, start: State, batch: tuple[int, ...]) -> State:
        """Returns states to begin with.

        Args:
            given: the states that are handed over.
            start: the states that the other network begins with by itself.
            batch: the axes that all states have first.
        """
        if are_alike(given, start):
            return given
        parts = [_as_features(leaf, batch) for leaf in jax.tree.leaves(given) if _is_inexact(leaf)]
        if not parts:
            return start
        features = jnp.concatenate(parts, axis=-1)

        def begin(leaf: Array) -> Array:
            if not (_is_inexact(leaf) and leaf.size):
                return leaf
            is_complex = jnp.iscomplexobj(leaf)
            size = math.prod(leaf.shape[len(batch) :])
            mapped = self.precision.dense((1 + is_complex) * size)(features)
            if is_complex:
                mapped = mapped.astype(leaf.real.dtype)
                mapped = jax.lax.complex(*jnp.split(mapped, 2, axis=-1))
            return leaf + mapped.reshape(leaf.shape).astype(leaf.dtype)

        return jax.tree.map(begin, start)


def are_alike(one: Any, other: Any) -> bool:
    """Says whether two pytrees have the same structure, shapes and types.

    Example:
        >>> are_alike((jnp.ones(2),), (jnp.zeros(2),)), are_alike((jnp.ones(2),), jnp.ones(2))
        (True, False)
    """

    def kind(tree: Any) -> Any:
        leaves, structure = jax.tree.flatten(tree)
        return structure, [(leaf.shape, leaf.dtype) for leaf in leaves]

    return kind(one) == kind(other)


def _is_inexact(leaf: Array) -> bool:
    """Says whether these are floating-point numbers, real or complex, which have gradients."""
    return jnp.issubdtype(leaf.dtype, jnp.inexact)


def _as_features(leaf: Array, batch: tuple[int, ...]) -> Array:
    """Returns an array `[*batch, ...]` as `[*batch, n]`, of real numbers."""
    flat = leaf.reshape((*batch, -1))
    return jnp.concatenate([flat.real, flat.imag], axis=-1) if jnp.iscomplexobj(flat) else flat
