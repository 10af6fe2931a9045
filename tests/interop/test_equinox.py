"""Weights from Equinox and to it: equal functions, equal gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, models
from rnnjax.interop import equinox as interop
from tests.interop.running import inputs, outputs, params_of

KINDS = {"LSTMCell": cells.LSTM(4), "GRUCell": cells.GRU(4)}
NAMES = ("weight_ih", "weight_hh", "bias", "bias_n")


@pytest.fixture
def eqx():
    return pytest.importorskip("equinox", reason="Equinox is not installed")


def replaced(eqx, theirs, arrays):
    return eqx.tree_at(lambda c: [getattr(c, n) for n in arrays], theirs, list(arrays.values()))


def run(theirs, xs):
    """Runs a cell of Equinox over `xs [T, B, D]`."""

    def step(carry, x):
        carry = jax.vmap(theirs)(x, carry)
        return carry, carry[0] if isinstance(carry, tuple) else carry

    h = jnp.zeros((xs.shape[1], theirs.hidden_size), xs.dtype)
    return jax.lax.scan(step, (h, h) if "LSTM" in type(theirs).__name__ else h, xs)[1]


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_are_equinoxs(eqx, kind, use_bias):
    theirs = getattr(eqx.nn, kind)(
        3, 4, use_bias=use_bias, dtype=jnp.float64, key=jax.random.key(1)
    )
    ours, xs = KINDS[kind], jnp.asarray(inputs(5, 2, 3))
    arrays = {n: w for n in NAMES if isinstance(w := getattr(theirs, n, None), jax.Array)}
    scale = inputs(5, 2, 4, seed=1)

    def their_loss(arrays):
        return jnp.sum(run(replaced(eqx, theirs, arrays), xs) * scale)

    def our_loss(arrays):
        return jnp.sum(outputs(ours, interop.load(ours, arrays), xs) * scale)

    params = interop.load(ours, vars(theirs))
    np.testing.assert_allclose(outputs(ours, params, xs), run(theirs, xs), atol=1e-10)
    found, expected = (jax.jit(jax.grad(loss))(arrays) for loss in (our_loss, their_loss))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-9), found, expected)
    if use_bias:
        jax.tree.map(np.testing.assert_array_equal, interop.dump(ours, params), arrays)


def test_several_cells_are_a_sequence():
    stack = compose.Stack((cells.LSTM(4), cells.GRU(5)))
    params = (params_of(cells.LSTM(4), 3), params_of(cells.GRU(5), 4))
    dumped = interop.dump(stack, params)
    assert [set(weights) for weights in dumped] == [set(NAMES[:3]), set(NAMES)]
    jax.tree.map(np.testing.assert_array_equal, interop.load(stack, dumped), params)
    layer = models.Bidirectional(cells.GRU(5))
    loaded = interop.load(layer, [dumped[1]] * 2)
    np.testing.assert_array_equal(loaded["backward_layer"]["cell"]["w_x"], params[1].w_x)
    with pytest.raises(ValueError, match="1 sets of weights are not those of 2 cells"):
        interop.load(layer, dumped[1])


def test_what_does_not_fit_is_refused():
    weights = {"weight_ih": np.ones((16, 3)), "weight_hh": np.ones((16, 4)), "bias": None}
    with pytest.raises(ValueError, match=r"weight_ih is \(16, 3\), GRU.* takes \(12, D\)"):
        interop.load(cells.GRU(4), weights)
    for cell in (cells.Elman(4), cells.GRUResetBefore(4), cells.LSTMP(4), cells.PeepholeLSTM(4)):
        with pytest.raises(ValueError, match="Equinox has no such cell; its"):
            interop.load(cell, weights)
