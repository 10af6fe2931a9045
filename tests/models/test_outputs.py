"""A layer among those of Flax."""

import flax.linen as nn
import jax
import numpy as np
import pytest

from rnnjax.cells import GRU, LSTM
from rnnjax.models import All, Bidirectional, Outputs, Recurrent, sequence_model
from tests.filled import filled
from tests.laws.draws import assert_close, normal

T, B, D = 6, 4, 2
XS = normal(1, (T, B, D))
LAYERS = [Recurrent(LSTM(3)), Bidirectional(GRU(3)), sequence_model(GRU(3), All, 3)]


def params_of(model):
    return filled(3, lambda: model.init(jax.random.key(0), XS)["params"])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_the_outputs_are_those_of_the_layer(layer):
    outputs = Outputs(layer)
    params = params_of(outputs)
    mask = np.arange(T)[:, None] < np.array([6, 2, 4, 1])
    reset = normal(2, (T, B)) > 0.5
    _, wanted = layer.apply({"params": params["layer"]}, XS, mask=mask, reset=reset)
    found = outputs.apply({"params": params}, XS, mask=mask, reset=reset, train=True)
    assert_close(found, wanted, rtol=0, atol=0)


def test_it_is_a_layer_of_a_sequential_network():
    model = nn.Sequential([Outputs(LAYERS[0]), nn.Dense(5), Outputs(LAYERS[1]), nn.Dense(2)])
    params = params_of(model)
    assert set(params) == {f"layers_{i}" for i in range(4)}
    ys = Outputs(LAYERS[0]).apply({"params": params["layers_0"]}, XS)
    ys = ys @ params["layers_1"]["kernel"] + params["layers_1"]["bias"][None, None]
    ys = Outputs(LAYERS[1]).apply({"params": params["layers_2"]}, ys)
    ys = ys @ params["layers_3"]["kernel"] + params["layers_3"]["bias"][None, None]
    assert_close(model.apply({"params": params}, XS), ys, atol=1e-5)
