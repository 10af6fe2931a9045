"""Weights from Haiku and to it: equal functions, equal gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, models
from rnnjax.interop import haiku as interop
from tests.interop.running import drawn, inputs, outputs, params_of

RELU = cells.Elman(4, cells.relu)
KINDS = {
    "VanillaRNN": (RELU, {}),
    "VanillaRNN double_bias": (RELU, {"double_bias": False}),
    "LSTM": (cells.LSTM(4), {}),
    "GRU": (cells.GRUResetBefore(4), {}),
}
pytestmark = pytest.mark.usefixtures("promoting", "x64")


@pytest.fixture
def hk():
    return pytest.importorskip("haiku", reason="Haiku is not installed")


def transformed(hk, make):
    """Returns `init` and `apply` of a core that runs over time."""

    def run(xs):
        core = make()
        return hk.dynamic_unroll(core, xs, core.initial_state(xs.shape[1]))[0]

    return hk.without_apply_rng(hk.transform(run))


def agree(theirs, params, ours, xs):
    scale = inputs(*xs.shape[:2], 4, seed=1)
    ys = theirs.apply(params, xs)
    found = outputs(ours, interop.load(ours, params), xs)
    np.testing.assert_allclose(found, ys, atol=1e-10)

    def their_loss(params):
        return jnp.sum(theirs.apply(params, xs) * scale)

    def our_loss(params):
        return jnp.sum(outputs(ours, interop.load(ours, params), xs) * scale)

    found, expected = (jax.jit(jax.grad(loss))(params) for loss in (our_loss, their_loss))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-9), found, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_are_haikus(hk, kind):
    ours, more = KINDS[kind]
    theirs = transformed(hk, lambda: getattr(hk, kind.partition(" ")[0])(4, **more))
    xs = jnp.asarray(inputs(5, 2, 3))
    params = drawn(theirs.init(jax.random.key(0), xs), 5)
    agree(theirs, params, ours, xs)
    dumped = interop.dump(ours, interop.load(ours, params))
    if not more:
        assert jax.tree.map(jnp.shape, dict(params)) == jax.tree.map(jnp.shape, dumped)
    np.testing.assert_allclose(theirs.apply(dumped, xs), theirs.apply(params, xs), atol=1e-10)


def test_cells_on_top_of_each_other_go_by_haikus_names(hk):
    stack = compose.Stack((cells.LSTM(3), cells.GRUResetBefore(5), cells.LSTM(4)))
    theirs = transformed(hk, lambda: hk.DeepRNN([hk.LSTM(3), hk.GRU(5), hk.LSTM(4)]))
    xs = jnp.asarray(inputs(5, 2, 3))
    params = drawn(theirs.init(jax.random.key(0), xs), 5)
    agree(theirs, params, stack, xs)
    dumped = interop.dump(stack, interop.load(stack, params))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), dumped, dict(params))


def test_names_of_ones_own():
    layer = models.Bidirectional(cells.GRUResetBefore(4))
    own = models.to_names(params_of(cells.GRUResetBefore(4), 3))
    params = {"forward_layer": {"cell": own}, "backward_layer": {"cell": own}}
    assert set(interop.dump(layer, params)) == {"gru", "gru_1"}
    dumped = interop.dump(layer, params, names=("net/left", "net/right"))
    assert set(dumped) == {"net/left", "net/right"}
    loaded = interop.load(layer, dumped, names=("net/left", "net/right"))
    jax.tree.map(np.testing.assert_array_equal, loaded, params)
    with pytest.raises(ValueError, match="one for each of 2 cells; got 'net'"):
        interop.load(layer, dumped, names="net")


def test_what_haiku_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"GRU\(hidden=4\): Haiku has no .* resets before"):
        interop.load(cells.GRU(4), {})
    with pytest.raises(ValueError, match="VanillaRNN of Haiku has relu alone"):
        interop.dump(cells.Elman(4), params_of(cells.Elman(4), 3))
    with pytest.raises(ValueError, match="no peepholes"):
        interop.load(cells.PeepholeLSTM(4), {})


def test_other_weights_are_refused_in_one_line():
    lstm = interop.dump(cells.LSTM(4), params_of(cells.LSTM(4), 3))
    with pytest.raises(ValueError, match=r"lstm/linear/w is \(7, 16\), LSTM.* \(D \+ 5, 20\)"):
        interop.load(cells.LSTM(5), lstm)
    with pytest.raises(ValueError, match=r"w is \(4, 16\), LSTM.* takes \(D \+ 4, 16\)"):
        interop.load(cells.LSTM(4), {"lstm/linear": {"w": np.ones((4, 16))}})
    with pytest.raises(ValueError, match=r"takes gru/w_i \(D, 12\), of which there is none among"):
        interop.load(cells.GRUResetBefore(4), lstm)
