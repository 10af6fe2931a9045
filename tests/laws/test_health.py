"""Ten thousand steps at any size of input, in single and half precision: nothing overflows.

A cell of which that cannot be true says in its docstring where its numbers overflow.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.testing.draws import D, halved
from tests.catalogue import CELLS, name

STEPS, SIZES = 10_000, (0.0, 1.0, 1e2, 1e4)


def results(cell, params, xs):
    """Returns outputs, the last state, and gradients of the mean square of all outputs."""

    def loss(params, xs):
        state = cell.initial_state(params, (len(SIZES),))
        made = unroll.Checkpointed()(cell, params, state, xs)
        ys = jax.tree.leaves(made[1])
        return sum(jnp.mean(jnp.square(y.astype(jnp.float32))) for y in ys), made

    return jax.grad(loss, (0, 1), has_aux=True)(params, xs)


def are_finite(tree):
    leaves = [np.asarray(x) for x in jax.tree.leaves(tree)]
    return all(
        np.isfinite(x.astype(complex)).all() for x in leaves if jnp.issubdtype(x.dtype, jnp.inexact)
    )


@pytest.mark.full
@pytest.mark.parametrize("precision", ["single", "half"])
@pytest.mark.parametrize("cell", CELLS, ids=name)
def test_no_number_overflows_in_ten_thousand_steps(cell, precision):
    params = cell.init(jax.random.key(0), D)
    xs = np.random.default_rng(0).normal(size=(STEPS, len(SIZES), D)).astype(np.float32)
    xs = jnp.asarray(xs * np.array(SIZES, np.float32)[:, None])
    if precision == "half":
        params, xs = halved(params), xs.astype(jnp.bfloat16)
    finite = are_finite(jax.jit(results)(cell, params, xs))
    assert finite or "overflow" in (type(cell).__doc__ or ""), "say in the docstring where"
