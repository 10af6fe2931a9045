import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.test_util import check_grads

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, Cell, Elman
from rnnjax.compose import zoneout
from rnnjax.models import All, Bidirectional, Last, Mean, Recurrent, SequenceModel, sequence_model
from tests.filled import filled
from tests.laws.draws import assert_close, doubled, normal
from tests.models import alone

T, B, D, K = 6, 4, 2, 3
XS = normal(1, (T, B, D))
CLASSES = np.random.default_rng(0).integers(0, K, (T, B))


class Pass(Cell):
    """Puts out what it is given."""

    width: int

    @property
    def output_dim(self):
        return self.width

    def init(self, key, input_dim):
        return ()

    def initial_state(self, params, batch_shape=()):
        return ()

    def step(self, params, state, x_t):
        return state, x_t


class Bare(nn.Module):
    """Reads nothing out."""

    @nn.compact
    def __call__(self, ys, mask=None):
        return ys


def params_of(model, xs=XS, seed=2):
    """Returns parameters, as NumPy arrays."""
    make = functools.partial(model.init, jax.random.key(0), xs)
    return jax.tree.map(np.asarray, filled(seed, make)["params"])


def test_two_layers_and_a_readout_are_the_equations():
    model = sequence_model(Elman(5), All, K, layers=2)
    params = params_of(model)
    states, outputs = model.apply({"params": params}, XS)
    first, second = (params[f"layers_{i}"]["cell"] for i in (0, 1))
    h1 = h2 = np.zeros((B, 5))
    for t in range(T):
        h1 = np.tanh(XS[t] @ first["w_x"] + h1 @ first["w_h"] + first["b"])
        h2 = np.tanh(h1 @ second["w_x"] + h2 @ second["w_h"] + second["b"])
        out = h2 @ params["readout"]["Dense_0"]["kernel"] + params["readout"]["Dense_0"]["bias"]
        assert_close(outputs[t], out, atol=1e-6)
    assert_close((states[0].h, states[1].h), (h1, h2), atol=1e-6)
    assert set(params) == {"layers_0", "layers_1", "readout"}


def test_layers_may_differ():
    layers = (Recurrent(LSTM(5)), Bidirectional(GRU(3)), Recurrent(LRU(4), reverse=True))
    model = SequenceModel(layers, Last(K, layers[-1].backward_dim), nn.Dense(6))
    params = params_of(model)
    states, outputs = model.apply({"params": params}, XS)
    ys, after = XS @ params["encoder"]["kernel"] + params["encoder"]["bias"], []
    for i, layer in enumerate(layers):
        state, ys = layer.apply({"params": params[f"layers_{i}"]}, ys)
        after.append(state)
    assert_close(states, tuple(after), atol=1e-6)
    dense = params["readout"]["Dense_0"]
    assert_close(outputs, np.asarray(ys[0]) @ dense["kernel"] + dense["bias"], atol=1e-6)


def test_states_go_from_one_window_to_the_next():
    model = sequence_model(GRU(3), All, K, layers=2)
    variables = {"params": params_of(model)}
    whole_states, whole = model.apply(variables, XS)
    states, first = model.apply(variables, XS[:2])
    states, second = model.apply(variables, XS[2:], states)
    assert_close(jnp.concatenate([first, second]), whole, atol=1e-6)
    assert_close(states, whole_states, atol=1e-6)


@pytest.mark.parametrize("readout", [Last, Mean])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_changes_nothing(readout, bidirectional):
    model = sequence_model(GRU(3), readout, K, layers=2, bidirectional=bidirectional)
    variables = {"params": params_of(model)}
    lengths = np.array([6, 4, 1, 5])
    mask = np.arange(T)[:, None] < lengths
    run = jax.jit(model.apply)
    states, outputs = run(variables, np.where(mask[..., None], XS, np.nan), mask=mask)
    for b, length in enumerate(lengths):
        own_states, own = run(variables, XS[:length, b])
        assert_close(outputs[b], own, atol=1e-6)
        assert_close(jax.tree.map(lambda x, b=b: x[b], states), own_states, atol=1e-6)


def test_packed_sequences_do_not_see_each_other():
    model = sequence_model(LSTM(3), All, K, layers=2, bidirectional=True)
    variables = {"params": params_of(model)}
    mask = np.array([1, 1, 0, 1, 0, 1], bool)
    reset = np.array([1, 0, 1, 0, 0, 1], bool)  # the one at a masked step marks no beginning
    run = jax.jit(model.apply)
    _, outputs = run(variables, XS, mask=np.repeat(mask[:, None], B, 1), reset=reset)
    assert alone.sequences(mask, reset) == [[], [0, 1, 3], [5]]
    for steps in ([0, 1, 3], [5]):
        assert_close(outputs[np.array(steps)], run(variables, XS[np.array(steps)])[1], atol=1e-6)


def test_dropout_falls_on_what_goes_from_layer_to_layer_and_nowhere_else():
    xs = np.ones((50, 20, 30), np.float32)

    def outputs(layers, key, train=True):
        stack = tuple(Recurrent(Pass(30)) for _ in range(layers))
        model = SequenceModel(stack, Bare(), dropout=0.25)
        rngs = None if key is None else {"dropout": jax.random.key(key)}
        return np.asarray(model.apply({}, xs, train=train, rngs=rngs)[1])

    assert (outputs(1, 0) == 1).all()
    assert (outputs(3, None, train=False) == 1).all()
    for layers, share in ((2, 0.75), (3, 0.75**2)):
        found = outputs(layers, 0)
        kept = found != 0
        np.testing.assert_allclose(found[kept], 1 / share, rtol=1e-6)
        error = (share * (1 - share) / xs.size) ** 0.5
        assert abs(kept.mean() - share) < 4 * error
        # Independently at each step: over time no feature is dropped for good.
        assert abs(kept.mean(0) - share).max() < 0.4
        assert kept.mean(0).std() > 0.5 * (share * (1 - share) / 50) ** 0.5


def test_dropout_depends_on_the_key_alone_and_only_in_training():
    model = sequence_model(GRU(3), All, K, layers=2, dropout=0.5)
    variables = {"params": params_of(model)}

    @jax.jit
    def trained(key):
        return model.apply(variables, XS, train=True, rngs={"dropout": key})[1]

    one, again, other = (trained(jax.random.key(k)) for k in (1, 1, 2))
    assert np.array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3
    without = sequence_model(GRU(3), All, K, layers=2)
    evaluated = model.apply(variables, XS)[1]
    assert np.array_equal(evaluated, without.apply(variables, XS)[1])
    assert np.abs(one - evaluated).max() > 1e-3


def many_to_many():
    """Returns parameters and the function from them to one loss a step, `[T]`."""
    model = sequence_model(LSTM(3), All, K, layers=3)
    params, xs = doubled((params_of(model), XS))

    def losses(params):
        _, logits = model.apply({"params": params}, xs)
        each = optax.softmax_cross_entropy_with_integer_labels(logits, CLASSES)
        return each.mean(1)

    return params, losses


def test_the_gradient_of_losses_at_every_step_is_the_sum_of_theirs(x64):
    params, losses = many_to_many()
    each = jax.jit(jax.jacrev(losses))(params)
    total = jax.jit(jax.grad(lambda p: losses(p).sum()))(params)
    assert_close(total, jax.tree.map(lambda x: np.asarray(x).sum(0), each), atol=1e-7, rtol=1e-5)
    # No step's loss says everything: each has a gradient of its own.
    flat = np.concatenate([np.reshape(x, (T, -1)) for x in jax.tree.leaves(each)], axis=1)
    assert np.linalg.matrix_rank(flat) == T


def test_the_gradient_of_losses_at_every_step_is_that_of_finite_differences(x64):
    params, losses = many_to_many()
    check_grads(jax.jit(lambda p: losses(p).sum()), (params,), order=1, modes=("rev",))


def test_words_pass_an_embedding_first():
    words = np.array([[0, 4], [2, 2], [3, 1]])
    model = SequenceModel((Recurrent(GRU(3)),), All(K), nn.Embed(5, 6))
    params = params_of(model, words)
    states, outputs = model.apply({"params": params}, words)
    looked_up = np.asarray(params["encoder"]["embedding"])[words]
    plain = SequenceModel((Recurrent(GRU(3)),), All(K))
    rest = {name: params[name] for name in ("layers_0", "readout")}
    assert_close((states, outputs), plain.apply({"params": rest}, looked_up), atol=1e-6)


def test_the_builder_puts_together_what_it_is_told():
    model = sequence_model(GRU(3), Last, K, layers=2, bidirectional=True, dropout=0.1)
    assert model.layers == (Bidirectional(GRU(3)), Bidirectional(GRU(3)))
    assert (model.readout, model.dropout) == (Last(K, backward_dim=3), 0.1)
    blocks = unroll.Checkpointed(block=2)
    model = sequence_model(GRU(3), Mean, K, engine=blocks)
    assert model == SequenceModel((Recurrent(GRU(3), blocks),), Mean(K))
    assert sequence_model(GRU(3), Last, K).readout == Last(K)


def test_train_reaches_the_layers():
    model = sequence_model(zoneout(GRU(3), 0.5), Mean, K, layers=2, bidirectional=True)
    variables = {"params": params_of(model)}
    run = jax.jit(lambda key: model.apply(variables, XS, train=True, rngs={"dropout": key})[1])
    one, again, other = (run(jax.random.key(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: sequence_model(LSTM, Last, K), TypeError, "got the class LSTM"),
        (lambda: sequence_model(LSTM(3), "last", K), TypeError, "such as Last; got 'last'"),
        (lambda: sequence_model(LSTM(3), All, K, engine="scan"), TypeError, "got 'scan'"),
        (lambda: sequence_model(LSTM(3), All, K, precision="bf16"), TypeError, "got 'bf16'"),
        (lambda: sequence_model(LSTM(3), All, K, layers=0), ValueError, "1 or more; got 0"),
        (lambda: SequenceModel((LSTM(3),), All(K)), TypeError, "takes a tuple of layers"),
        (lambda: SequenceModel(Recurrent(LSTM(3)), All(K)), TypeError, "takes a tuple of layers"),
    ],
)
def test_what_makes_no_network_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
