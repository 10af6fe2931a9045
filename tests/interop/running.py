"""Networks run on parameters as they are, and parameters filled with numbers."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import compose, models, unroll


def outputs(network, params, xs):
    """Runs any network of `rnnjax.interop` from its initial state; `xs [T, B, D]` to outputs."""
    if isinstance(network, tuple):
        for layer, own in zip(network, params, strict=True):
            xs = outputs(layer, own, xs)
        return xs
    if isinstance(network, models.Recurrent | models.Bidirectional):
        return network.apply({"params": params}, xs)[1]
    state = network.initial_state(params, xs.shape[1:-1])
    return unroll.scan(network, params, state, xs)[1]


def network(cells, layers, both):
    """Returns layers of cells that are called one after another, each both ways or one."""
    if both:
        return tuple(models.Bidirectional(cell) for cell in cells[:layers])
    return compose.Stack(tuple(cells[:layers]))


def drawn(like, seed):
    """Returns numbers of order one in a tree's shapes, drawn by NumPy; biases are as large."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda a: jnp.asarray(rng.normal(size=a.shape) * 0.7, a.dtype), like)


def params_of(cell, input_dim, seed=0):
    return drawn(cell.init(jax.random.key(0), input_dim), seed)


def inputs(*shape, seed=9):
    return np.random.default_rng(seed).normal(size=shape)
