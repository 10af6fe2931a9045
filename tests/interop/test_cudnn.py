"""cuDNN's flat array of weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import rnn

from rnnjax import cells, compose, models
from rnnjax.interop import cudnn as interop
from tests.interop.running import inputs, network, outputs

H, D, B, T = 4, 3, 2, 5
KINDS = [cells.Elman(H), cells.Elman(H, cells.relu), cells.LSTM(H), cells.GRU(H)]


def blob(cell, layers, both):
    """Returns an array as long as cuDNN's: gates x layers x directions x (D + H + 2) numbers."""
    dims = [D] + [H * (1 + both)] * (layers - 1)
    size = (1 + both) * sum(len(cell.blocks) * H * (dim + H + 2) for dim in dims)
    return inputs(size) * 0.4


@pytest.mark.parametrize(("both", "size"), [(False, 304), (True, 736)])
def test_an_lstms_values_and_gradients_are_those_of_jaxs_reference(both, size):
    """`jax.experimental.rnn` hands such an array to cuDNN, and has the same in JAX beside it."""
    cell, layers = cells.LSTM(H), 2
    ours, weights = network([cell] * layers, layers, both), blob(cell, layers, both)
    assert weights.size == size == rnn.get_num_params_in_lstm(D, H, layers, both)
    xs, lengths = inputs(T, B, D), jnp.full(B, T, jnp.int32)
    zeros, scale = jnp.zeros((layers * (1 + both), B, H)), inputs(T, B, H * (1 + both), seed=1)

    def reference(weights):
        parts = rnn.unpack_lstm_weights(weights, D, H, layers, both)
        xs_first = jnp.asarray(xs, jnp.float32).transpose(1, 0, 2)
        settings = (D, H, layers, 0.0, both)
        ys, _, _ = rnn.lstm_ref(xs_first, zeros, zeros, *parts, lengths, *settings)
        return ys.transpose(1, 0, 2)

    def loaded(weights):
        return outputs(ours, interop.load(ours, weights), jnp.asarray(xs, jnp.float32))

    def run(function, weights):
        def loss(weights):
            ys = function(weights)
            return jnp.sum(ys * scale), ys

        gradient, ys = jax.jit(jax.grad(loss, has_aux=True))(weights)
        return ys, gradient

    weights = jnp.asarray(weights, jnp.float32)
    with jax.numpy_rank_promotion("allow"):
        expected, their_gradient = run(reference, weights)
    ys, gradient = run(loaded, weights)
    np.testing.assert_allclose(ys, expected, atol=1e-5)
    np.testing.assert_allclose(gradient, their_gradient, atol=1e-4)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("cell", KINDS, ids=str)
def test_torchs_weights_matrices_first_are_such_an_array(cell, both):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    kind = {cells.Elman: "RNN", cells.LSTM: "LSTM", cells.GRU: "GRU"}[type(cell)]
    more = {"nonlinearity": "relu"} if cell == KINDS[1] else {}
    torch.manual_seed(0)
    theirs = getattr(torch.nn, kind)(D, H, 2, bidirectional=both, dtype=torch.float64, **more)
    matrices = [w for n, w in theirs.named_parameters() if n.startswith("weight")]
    biases = [w for n, w in theirs.named_parameters() if n.startswith("bias")]
    flat = np.concatenate([w.detach().numpy().ravel() for w in matrices + biases])
    ours, xs = network([cell] * 2, 2, both), inputs(T, B, D)
    ys, _ = theirs(torch.tensor(xs))
    params = interop.load(ours, flat)
    np.testing.assert_allclose(outputs(ours, params, jnp.asarray(xs)), ys.detach(), atol=1e-10)


@pytest.mark.parametrize("cell", KINDS, ids=str)
def test_there_and_back(cell):
    for layers, both in [(1, False), (3, True)]:
        ours = network([cell] * layers, layers, both)
        params = interop.load(ours, blob(cell, layers, both))
        dumped = interop.dump(ours, params)
        assert dumped.shape == blob(cell, layers, both).shape
        jax.tree.map(np.testing.assert_array_equal, interop.load(ours, dumped), params)


def test_what_does_not_fit_is_refused():
    lstm = blob(cells.LSTM(H), 1, False)
    message = r"the array is \(143,\), 1 layers and directions of LSTM.* take \(96 \+ 16 D,\)"
    with pytest.raises(ValueError, match=message):
        interop.load(cells.LSTM(H), lstm[1:])
    with pytest.raises(ValueError, match=r"take \(192 \+ 32 D,\)"):
        interop.load(models.Bidirectional(cells.LSTM(H)), lstm[:40])
    with pytest.raises(ValueError, match="one kind and width"):
        interop.load(compose.Stack((cells.LSTM(H), cells.GRU(H))), lstm)
    with pytest.raises(ValueError, match="where its projection lies"):
        interop.load(cells.LSTMP(H), lstm)
    with pytest.raises(ValueError, match="its GRU resets after"):
        interop.load(cells.GRUResetBefore(H), lstm)
