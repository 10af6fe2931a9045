"""Weights from Keras and to it: equal functions, equal gradients."""

import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, models
from rnnjax.interop import keras as interop
from tests.interop.running import inputs, outputs, params_of

KINDS = {
    "SimpleRNN": (cells.Elman, {}),
    "LSTM": (cells.LSTM, {}),
    "GRU": (cells.GRU, {}),
    "GRU reset_after=False": (cells.GRUResetBefore, {"reset_after": False}),
}


pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"  # Keras's own
)


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("KERAS_BACKEND", "jax")
    return pytest.importorskip("keras", reason="Keras is not installed")


def layer_of(keras, kind, hidden, **more):
    make = getattr(keras.layers, kind.partition(" ")[0])
    return make(hidden, return_sequences=True, **KINDS[kind][1], **more)


def filled(theirs, D):
    theirs.build((2, 5, D))
    rng = np.random.default_rng(5)
    theirs.set_weights([rng.normal(size=w.shape) * 0.5 for w in theirs.get_weights()])
    return theirs


def run(theirs, xs):
    """Runs a layer of batches first on `xs [T, B, D]`."""
    return np.moveaxis(np.asarray(theirs(np.moveaxis(xs, 0, 1).astype(np.float32))), 0, 1)


@pytest.mark.usefixtures("promoting")
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_values_are_keras(keras, kind, both):
    layer = layer_of(keras, kind, 4)
    theirs = filled(keras.layers.Bidirectional(layer) if both else layer, 3)
    cell, xs = KINDS[kind][0](4), inputs(5, 2, 3)
    ours = models.Bidirectional(cell) if both else cell
    params = interop.load(ours, theirs.get_weights())
    np.testing.assert_allclose(outputs(ours, params, xs), run(theirs, xs), atol=1e-5)
    dumped = interop.dump(ours, params)
    theirs.set_weights(dumped)
    np.testing.assert_allclose(outputs(ours, params, xs), run(theirs, xs), atol=1e-5)
    jax.tree.map(np.testing.assert_array_equal, interop.load(ours, dumped), params)


@pytest.mark.usefixtures("promoting")
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_keras(keras, kind):
    if keras.backend.backend() != "jax":
        pytest.skip("gradients of Keras are taken through JAX")
    theirs, cell, xs = filled(layer_of(keras, kind, 4), 3), KINDS[kind][0](4), inputs(5, 2, 3)
    scale = inputs(5, 2, 4, seed=1)

    rest = [v.value for v in theirs.non_trainable_variables]

    def their_loss(weights):
        xs_first = jnp.moveaxis(jnp.asarray(xs, jnp.float32), 0, 1)
        ys, _ = theirs.stateless_call(weights, rest, xs_first)
        return jnp.sum(jnp.moveaxis(ys, 0, 1) * scale)

    def our_loss(weights):
        return jnp.sum(outputs(cell, interop.load(cell, weights), xs) * scale)

    weights = [jnp.asarray(w) for w in theirs.get_weights()]
    expected, found = (jax.jit(jax.grad(loss))(weights) for loss in (their_loss, our_loss))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.usefixtures("promoting")
def test_layers_in_turn_other_activations_and_no_bias(keras):
    own = {"activation": "relu", "recurrent_activation": "hard_sigmoid"}
    layers = [layer_of(keras, "GRU", 4, **own, use_bias=False), layer_of(keras, "LSTM", 3)]
    theirs = [filled(layer, d) for layer, d in zip(layers, (2, 4), strict=True)]
    gru = cells.GRU(4, activation=cells.relu, gate_activation=cells.hard_sigmoid)
    xs = inputs(5, 2, 2) * 0.3
    first = interop.load(gru, theirs[0].get_weights())
    np.testing.assert_allclose(outputs(gru, first, xs), run(theirs[0], xs), atol=1e-5)
    stack = compose.Stack((gru, cells.LSTM(3)))
    params = (first, interop.load(cells.LSTM(3), theirs[1].get_weights()))
    dumped = interop.dump(stack, params)
    assert [w.shape for w in dumped] == [(2, 12), (4, 12), (2, 12), (4, 12), (3, 12), (12,)]
    ys = run(theirs[1], run(theirs[0], xs))
    np.testing.assert_allclose(outputs(stack, interop.load(stack, dumped), xs), ys, atol=1e-5)


def test_other_weights_are_refused_in_one_line():
    gru = interop.dump(cells.GRU(4), params_of(cells.GRU(4), 3))
    before = interop.dump(cells.GRUResetBefore(4), params_of(cells.GRUResetBefore(4), 3))
    with pytest.raises(ValueError, match=r"bias is \(2, 12\), GRUResetBefore.* takes \(12,\)"):
        interop.load(cells.GRUResetBefore(4), gru)
    with pytest.raises(ValueError, match=r"bias is \(12,\), GRU\(hidden=4\) takes \(2, 12\)"):
        interop.load(cells.GRU(4), before)
    with pytest.raises(ValueError, match=r"kernel is \(3, 12\), LSTM.* takes \(D, 16\)"):
        interop.load(cells.LSTM(4), gru)
    with pytest.raises(ValueError, match=r"3 arrays .* no 2 layers and directions; they have 6"):
        interop.load(models.Bidirectional(cells.GRU(4)), gru)
    with pytest.raises(ValueError, match="Keras has no such cell; its LSTM has no projection"):
        interop.load(cells.LSTMP(4), gru)
