"""A training step of every cell with every engine lowers for machines that are not here.

By default of one cell a contract on all engines; `--full` asks for every pair.
"""

import jax
import jax.numpy as jnp
import optax
import pytest

from tests.catalogue import REPRESENTATIVES, SERVED, name
from tests.laws.draws import B, D, T
from tests.unroll.exporting import exported

PAIRS = [
    pytest.param(*pair, marks=() if pair[1] in REPRESENTATIVES else pytest.mark.full)
    for pair in SERVED
]


@pytest.mark.parametrize(("engine", "cell"), PAIRS, ids=name)
def test_a_training_step_lowers_for_gpus_and_tpus(engine, cell):
    optimizer = optax.adam(1e-3)

    def loss(params, xs, targets, mask):
        state = cell.initial_state(params, (B,))
        _, ys = engine(cell, params, state, xs, mask=mask)
        return jnp.mean((ys - targets) ** 2)

    def train_step(params, moments, xs, targets, mask):
        value, gradient = jax.value_and_grad(loss)(params, xs, targets, mask)
        updates, moments = optimizer.update(gradient, moments, params)
        return optax.apply_updates(params, updates), moments, value

    params = jax.eval_shape(lambda: cell.init(jax.random.key(0), D))
    arguments = (
        params,
        jax.eval_shape(optimizer.init, params),
        jax.ShapeDtypeStruct((T, B, D), jnp.float32),
        jax.ShapeDtypeStruct((T, B, cell.output_dim), jnp.float32),
        jax.ShapeDtypeStruct((T, B), bool),
    )
    for platform in ("cuda", "tpu"):
        program = exported(train_step, platform, *arguments)
        assert program.platforms == (platform,)
        assert len(program.out_avals) == len(jax.tree.leaves(arguments[:2])) + 1
