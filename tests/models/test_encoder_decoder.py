import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, DeltaNet, Elman
from rnnjax.compose import Stack, learned_start, zoneout
from rnnjax.models import Attention, Bridge, Recurrent, encoder_decoder
from rnnjax.models.bridge import are_alike
from tests.catalogue import CELLS
from tests.filled import filled
from tests.full import full
from tests.laws.draws import assert_close, normal, state_of

S, T, B, E, K = 5, 4, 3, 4, 6
RNG = np.random.default_rng(0)
SOURCES, PREVIOUS = RNG.integers(0, 7, (S, B)), RNG.integers(0, K, (T, B))
LENGTHS = np.array([5, 2, 3])
STEPS = np.arange(S)[:, None] < LENGTHS


def made(cell, seed=1, **settings):
    """Returns a network with parameters."""
    model = encoder_decoder(cell, 7, K, embedding=E, **settings)
    make = functools.partial(model.init, jax.random.key(0), SOURCES, PREVIOUS)
    return model, jax.tree.map(np.asarray, filled(seed, make))


def softmax(scores):
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def looked(params, hs, ys, mask):
    """Returns what attention makes of `hs [T, B, H]`, and its weights, by loops."""
    query, combine = params["Dense_0"]["kernel"], params["Dense_1"]["kernel"]
    out, weights = np.zeros_like(hs), np.zeros((len(hs), *mask.shape))
    for t in range(hs.shape[0]):
        for b in range(hs.shape[1]):
            there = np.flatnonzero(mask[:, b])
            scores = np.array([hs[t, b] @ query @ ys[s, b] for s in there])
            weights[t, there, b] = softmax(scores)
            context = sum(w * ys[s, b] for w, s in zip(weights[t, there, b], there, strict=True))
            out[t, b] = np.tanh(np.concatenate([context, hs[t, b]]) @ combine)
    return out, weights


def test_attention_is_its_equations():
    hs, ys = normal(1, (T, B, 3)), normal(2, (S, B, 2))
    variables = filled(3, lambda: Attention().init(jax.random.key(0), hs, ys))
    assert jax.tree.map(jnp.shape, variables["params"]) == {
        "Dense_0": {"kernel": (3, 2)},
        "Dense_1": {"kernel": (5, 3)},
    }
    for mask in (None, STEPS):
        seen = np.where(STEPS[..., None] if mask is not None else True, ys, 0)
        found, state = Attention().apply(variables, hs, seen, mask, mutable=["intermediates"])
        everywhere = np.ones((S, B), bool) if mask is None else mask
        out, weights = looked(jax.tree.map(np.asarray, variables["params"]), hs, ys, everywhere)
        assert_close(found, out, atol=1e-5)
        (kept,) = state["intermediates"]["weights"]
        assert_close(kept, weights.astype(np.float32), atol=1e-6)


def test_attention_takes_any_batch_axes():
    hs, ys = normal(1, (T, 2, B, 3)), normal(2, (S, 2, B, 2))
    variables = filled(3, lambda: Attention().init(jax.random.key(0), hs, ys))
    mask = np.stack([STEPS, ~STEPS | (np.arange(S)[:, None] == 0)], axis=1)
    found = Attention().apply(variables, hs, ys, mask)
    for i in range(2):
        assert_close(found[:, i], Attention().apply(variables, hs[:, i], ys[:, i], mask[:, i]))
        own = hs[:, i, 1], ys[:, i, 1], mask[:, i, 1]
        assert_close(found[:, i, 1], Attention().apply(variables, *own), atol=1e-6)


def test_a_source_without_a_step_leaves_attention_finite():
    hs, ys = normal(1, (T, B, 3)), np.zeros((S, B, 2), np.float32)
    variables = filled(3, lambda: Attention().init(jax.random.key(0), hs, ys))
    assert np.isfinite(Attention().apply(variables, hs, ys, np.zeros((S, B), bool))).all()


@pytest.mark.parametrize("attention", [False, True])
def test_teacher_forcing_is_the_equations_step_by_step(attention):
    model, variables = made(Elman(5), layers=2, attention=attention)
    params = variables["params"]
    logits = model.apply(variables, SOURCES, PREVIOUS, STEPS)

    def run(part, symbols, hs, steps):
        xs, after = params[part]["encoder"]["embedding"][symbols], []
        for layer, h in enumerate(hs):
            cell, ys = params[part][f"layers_{layer}"]["cell"], []
            for t in range(len(xs)):
                new = np.tanh(xs[t] @ cell["w_x"] + h @ cell["w_h"] + cell["b"])
                h = np.where(steps[t][:, None], new, h)
                ys.append(np.where(steps[t][:, None], new, 0))
            xs = np.stack(ys)
            after.append(h)
        return after, xs

    states, read = run("encoder", SOURCES, [np.zeros((B, 5))] * 2, STEPS)
    _, hs = run("decoder", PREVIOUS, states, np.ones((T, B), bool))
    if attention:
        hs, _ = looked(params["attention"], hs, read, STEPS)
    dense = params["readout"]["Dense_0"]
    assert_close(logits, hs @ dense["kernel"] + dense["bias"], atol=1e-5)
    assert "bridge" not in params
    assert ("attention" in params) == attention


PAIRS = [
    (LSTM(5), GRU(4), True),
    (LRU(5), LSTM(3), False),
    (LSTM(3), LRU(4), True),
    (GRU(4), GRU(4), True),
    (DeltaNet(4, heads=2), learned_start(LSTM(3)), False),
    (Stack((GRU(3), LSTM(2))), DeltaNet(4), True),
]


@pytest.mark.parametrize(
    ("cell", "other", "attention"), [PAIRS[0], *(full(*pair) for pair in PAIRS[1:])], ids=repr
)
def test_writing_step_by_step_is_teacher_forcing_in_one_go(cell, other, attention):
    model, variables = made(cell, decoder_cell=other, attention=attention, engine=unroll.auto)

    @jax.jit
    def run(variables):
        memory = model.apply(variables, SOURCES, STEPS, method="encode")
        states, found = model.apply(variables, memory, method="begin"), []
        for t in range(T):
            states, logits = model.apply(
                variables, memory, states, PREVIOUS[t : t + 1], method="decode"
            )
            found.append(logits[0])
        return jnp.stack(found), model.apply(variables, SOURCES, PREVIOUS, STEPS)

    found, wanted = run(variables)
    assert_close(found, wanted, atol=1e-5)
    other_source = model.apply(variables, (SOURCES + 1) % 7, PREVIOUS, STEPS)
    assert np.abs(other_source - wanted).max() > 1e-4  # something was handed over


@pytest.mark.parametrize("bidirectional", [False, full(True)])
def test_padding_changes_nothing(bidirectional):
    model, variables = made(
        LSTM(4), decoder_cell=GRU(4), bidirectional=bidirectional, attention=True, layers=2
    )
    run = jax.jit(model.apply)
    logits = run(variables, SOURCES, PREVIOUS, STEPS)
    other = np.where(STEPS, SOURCES, 6 - SOURCES)
    np.testing.assert_array_equal(run(variables, other, PREVIOUS, STEPS), logits)
    for b, length in enumerate(LENGTHS):
        alone = model.apply(variables, SOURCES[:length, b], PREVIOUS[:, b])
        assert_close(logits[:, b], alone, atol=1e-5)


def test_states_that_are_alike_are_handed_over_as_they_are():
    for cell, other in ((LSTM(4), None), (LSTM(4), LSTM(4, forget_bias=0.0))):
        model, variables = made(cell, decoder_cell=other, layers=2)
        assert "bridge" not in variables["params"]
        memory = model.apply(variables, SOURCES, STEPS, method="encode")
        states = model.apply(variables, memory, method="begin")
        jax.tree.map(np.testing.assert_array_equal, states, memory.states)


def test_other_states_are_the_decoders_own_and_an_affine_map_of_all_of_the_encoders():
    given = {"h": normal(1, (B, 2)) + 1j * normal(2, (B, 2)), "m": normal(3, (B, 2, 2)), "n": 3}
    given["n"] = np.full(B, 3)
    start = (normal(4, (B, 3)), normal(5, (B, 2)) + 1j * normal(6, (B, 2)), np.arange(B))
    given, start = jax.tree.map(jnp.asarray, (given, start))
    variables = filled(7, lambda: Bridge().init(jax.random.key(0), given, start, (B,)))
    variables = jax.tree.map(np.asarray, variables)
    given, start = jax.tree.map(np.asarray, (given, start))
    real, complex_, counted = Bridge().apply(variables, given, start, (B,))
    features = np.concatenate([given["h"].real, given["h"].imag, given["m"].reshape(B, 4)], axis=1)
    first, second = (variables["params"][f"Dense_{i}"] for i in (0, 1))
    assert first["kernel"].shape == (8, 3)
    assert_close(real, start[0] + features @ first["kernel"] + first["bias"], atol=1e-5)
    parts = features @ second["kernel"] + second["bias"]
    assert_close(complex_, start[1] + parts[:, :2] + 1j * parts[:, 2:], atol=1e-5)
    np.testing.assert_array_equal(counted, start[2])
    assert [real.dtype, complex_.dtype] == [leaf.dtype for leaf in start[:2]]
    # Whoever has no numbers to hand over leaves the other as it is.
    nothing = Bridge().init_with_output(jax.random.key(0), given["n"], start, (B,))
    jax.tree.map(np.testing.assert_array_equal, nothing, (start, {}))


def test_a_decoder_with_a_learned_start_begins_with_it_where_the_bridge_adds_nothing():
    model, variables = made(GRU(3), decoder_cell=learned_start(LSTM(3)))
    params = variables["params"]
    params["bridge"] = jax.tree.map(np.zeros_like, params["bridge"])
    memory = model.apply(variables, SOURCES, method="encode")
    (state,) = model.apply(variables, memory, method="begin")
    own = params["decoder"]["layers_0"]["cell"]["initial"]
    assert_close(state.h, np.broadcast_to(own["h"], (B, 3)))
    assert np.abs(own["h"]).min() > 0


def fits(cell):
    """Says whether a cell takes embedded symbols."""
    try:
        jax.eval_shape(Recurrent(cell).init, jax.random.key(0), np.zeros((S, B, E), np.float32))
    except (TypeError, ValueError):
        return False
    return True


@pytest.mark.full
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_any_cell_hands_over_to_an_lstm_and_is_handed_over_to(cell):
    if not fits(cell):
        pytest.skip("it takes no embedded symbols")
    for first, second in ((cell, LSTM(3)), (LSTM(3), cell)):
        model = encoder_decoder(first, 7, K, decoder_cell=second, embedding=E, attention=True)
        make = functools.partial(model.init_with_output, jax.random.key(0), SOURCES, PREVIOUS)
        logits, variables = jax.eval_shape(make)
        assert (logits.shape, logits.dtype) == ((T, B, K), np.float32)
        # States that fit are handed over as they are.
        assert ("bridge" in variables["params"]) != are_alike(*map(state_of, (first, second)))


def test_layers_may_be_dropped_from_and_cells_have_their_noise_in_training_alone():
    model, variables = made(zoneout(GRU(3), 0.5), layers=2, dropout=0.5)
    run = functools.partial(model.apply, variables, SOURCES, PREVIOUS)
    one, again, other = map(
        jax.jit(lambda seed: run(train=True, rngs={"dropout": jax.random.key(seed)})), (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-4
    assert np.abs(one - run()).max() > 1e-4  # which asks for no key


@pytest.mark.full
def test_gradients_reach_the_encoder_through_states_and_attention():
    for attention in (False, True):
        model, variables = made(LSTM(3), decoder_cell=GRU(3), attention=attention)
        grads = jax.grad(lambda v, m=model: (m.apply(v, SOURCES, PREVIOUS, STEPS) ** 2).sum())(
            jax.tree.map(jnp.asarray, variables)
        )
        assert all(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(grads))


def test_a_network_of_other_parts_is_put_together_by_hand():
    model, _ = made(LSTM(5), decoder_cell=GRU(3), bidirectional=True, attention=True, dropout=0.1)
    assert [len(part.layers) for part in (model.encoder, model.decoder)] == [1, 1]
    assert model.encoder.layers[0].forward == LSTM(5)
    assert model.decoder.layers[0].cell == GRU(3)
    assert model.encoder.encoder == nn.Embed(7, E)
    assert (model.encoder.dropout, model.readout.output_dim) == (0.1, K)
    with pytest.raises(ValueError, match="layers must be a whole number of 1 or more; got 0"):
        encoder_decoder(LSTM(3), 7, K, layers=0)
    with pytest.raises(TypeError, match="runs a cell, such as LSTM"):
        encoder_decoder(LSTM(3), 7, K, decoder_cell=GRU)
