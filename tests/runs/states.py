"""States of training to be saved, and what tells them apart."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from rnnjax.runs.checkpoint import Checkpoints


class Params(NamedTuple):
    w: jax.Array
    b: jax.Array


class State(NamedTuple):
    params: Params
    moments: tuple
    key: jax.Array
    step: jax.Array


def make_state(seed):
    key = jax.random.key(seed)
    params = Params(jax.random.normal(key, (7, 5)), jnp.arange(5.0) + seed)
    return State(params, optax.adam(1e-3).init(params), jax.random.fold_in(key, 1), jnp.int32(seed))


def bits(tree):
    def leaf_bits(leaf):
        is_key = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        array = np.asarray(jax.random.key_data(leaf) if is_key else leaf)
        return array.dtype.name, array.shape, array.tobytes()

    return [leaf_bits(leaf) for leaf in jax.tree.leaves(tree)]


def assert_same(found, expected):
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    assert bits(found) == bits(expected)


def save_all(folder, steps):
    with Checkpoints(folder) as checkpoints:
        for step in steps:
            checkpoints.save(step, make_state(step))
        return checkpoints.steps()


def snapshot(folder):
    return {str(path): path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
