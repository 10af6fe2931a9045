"""cuDNN's LSTM; where there is no GPU, jax's reference of it on the same packed parameters."""

import jax
import jax.numpy as jnp
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LSTM, PeepholeLSTM, relu
from rnnjax.compose import Stack
from tests.laws.draws import assert_close, normal, params_of, state_of, weigh

CELL = LSTM(3)


@pytest.mark.parametrize("batch_shape", [(), (2, 3)])
def test_values_and_gradients_are_those_of_the_loop_however_sequences_are_batched(batch_shape):
    mask = normal(2, (5, *batch_shape)) > -0.7

    def results(engine):
        def total(params, state, xs):
            result = engine(CELL, params, state, xs, mask=mask)
            return weigh(result), result

        arguments = params_of(CELL), state_of(CELL, batch_shape), normal(1, (5, *batch_shape, 2))
        return jax.jit(jax.grad(total, (0, 1, 2), has_aux=True))(*arguments)

    assert not mask.all()
    assert_close(results(unroll.cudnn), results(unroll.scan))


@pytest.mark.parametrize(
    "cell", [GRU(3), PeepholeLSTM(3), LSTM(3, activation=relu), LSTM(3, gate_activation=relu)]
)
def test_what_is_not_cudnns_lstm_is_refused(cell):
    assert not unroll.cudnn.serves(cell)
    arguments = params_of(cell), state_of(cell, (3,)), jnp.ones((5, 3, 2))
    with pytest.raises(TypeError, match="runs an LSTM with sigmoid and tanh; got"):
        unroll.cudnn(cell, *arguments)


def test_it_serves_a_stack_of_lstms():
    assert unroll.cudnn.serves(Stack((LSTM(3, gate_activation=jax.nn.sigmoid), LSTM(2))))


def test_other_numbers_than_those_of_single_precision_are_refused():
    arguments = params_of(CELL), state_of(CELL, (3,)), jnp.ones((5, 3, 2))
    with pytest.raises(TypeError, match="float32; got bfloat16"):
        unroll.cudnn(CELL, *jax.tree.map(lambda x: jnp.asarray(x, jnp.bfloat16), arguments))
