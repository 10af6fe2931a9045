"""cuDNN's LSTM; where there is no GPU, jax's reference of it on the same packed parameters."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rnnjax.unroll.cudnn import cudnn

from rnnjax import unroll
from rnnjax.cells import GRU, LSTM
from tests.laws.draws import assert_close, normal, params_of, state_of, weigh

CELL = LSTM(3)


@pytest.mark.parametrize("batch_shape", [(), (3,), (2, 3)])
def test_values_and_gradients_are_those_of_the_loop(batch_shape):
    def results(engine):
        def total(params, state, xs):
            result = engine(CELL, params, state, xs)
            return weigh(result), result

        arguments = params_of(CELL), state_of(CELL, batch_shape), normal(1, (5, *batch_shape, 2))
        return jax.jit(jax.grad(total, (0, 1, 2), has_aux=True))(*arguments)

    assert_close(results(cudnn), results(unroll.scan))


def test_what_cudnn_does_not_do_is_refused():
    arguments = params_of(CELL), state_of(CELL, (3,)), jnp.ones((5, 3, 2))
    with pytest.raises(ValueError, match="neither mask nor reset"):
        cudnn(CELL, *arguments, mask=jnp.ones(5, bool))
    with pytest.raises(TypeError, match="runs an LSTM"):
        cudnn(GRU(3), *arguments)
    with pytest.raises(TypeError, match="float32; got bfloat16"):
        cudnn(CELL, *jax.tree.map(lambda x: jnp.asarray(x, jnp.bfloat16), arguments))
    with pytest.raises(ValueError, match="one step or more"):
        cudnn(CELL, *arguments[:2], np.ones((0, 3, 2), np.float32))
