import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, DeltaNet, Elman
from rnnjax.compose import Stack, learned_start, zoneout
from rnnjax.models import (
    All,
    Bidirectional,
    Last,
    Mean,
    Precision,
    Recurrent,
    SequenceModel,
    from_names,
    observe,
    sequence_model,
)
from rnnjax.models.observe import BothWays
from tests.filled import filled
from tests.laws.draws import assert_close, assert_identical, normal
from tests.models import alone

T, B, D, K = 7, 3, 2, 2
XS = normal(1, (T, B, D))
LENGTHS = np.arange(T)[:, None] < np.array([T, 4, 2])
HOLES = np.random.default_rng(0).random((T, B)) < 0.6
RESET = np.random.default_rng(1).random((T, B)) < 0.3


def params_of(model, xs=XS):
    return filled(2, functools.partial(model.init, jax.random.key(0), xs))["params"]


def loop(cell, named, xs, mask, reset, *, backward=False):
    """Steps each sequence of each row alone; returns states over time and outputs, batched."""
    like = jax.eval_shape(lambda: cell.init(jax.random.key(0), xs.shape[-1]))
    params = from_names(named, like)
    start, rows = cell.initial_state(params), []
    for b in range(B):
        zero = jax.tree.map(np.zeros_like, (start, np.zeros(cell.output_dim, np.float32)))
        seen = [zero] * T
        for steps in alone.sequences(mask[:, b], reset[:, b]):
            state = start
            for t in steps[::-1] if backward else steps:
                seen[t] = alone.step(cell, params, state, xs[t, b])
                state = seen[t][0]
        rows.append(jax.tree.map(lambda *s: np.stack(s), *seen))
    return jax.tree.map(lambda *s: np.stack(s, axis=1), *rows)


@pytest.mark.parametrize(
    ("mask", "reset"),
    [(None, None), (LENGTHS, None), (HOLES, RESET)],
    ids=["all", "lengths", "packed"],
)
def test_states_are_those_of_a_loop_over_steps(mask, reset):
    cells = LSTM(3), GRU(2), Elman(4), Stack((LRU(2), learned_start(LSTM(2))))
    layers = (
        Recurrent(cells[0]),
        Bidirectional(cells[1], cells[2]),
        Recurrent(cells[3], reverse=True),
    )
    model = SequenceModel(layers, All(K), encoder=nn.Dense(3), dropout=0.5)
    params = params_of(model)
    xs = XS if mask is None else np.where(mask[..., None], XS, np.nan)
    found = observe(model, {"params": params}, xs, mask=mask, reset=reset)

    mask = np.ones((T, B), bool) if mask is None else mask
    reset = np.zeros((T, B), bool) if reset is None else reset
    encoder = jax.tree.map(np.asarray, params["encoder"])
    xs = xs @ encoder["kernel"] + encoder["bias"]
    first, ys = loop(cells[0], params["layers_0"]["cell"], xs, mask, reset)
    both = params["layers_1"]
    forward, left = loop(cells[1], both["forward_layer"]["cell"], ys, mask, reset)
    backward, right = loop(cells[2], both["backward_layer"]["cell"], ys, mask, reset, backward=True)
    ys = np.concatenate([left, right], axis=-1)
    last, _ = loop(cells[3], params["layers_2"]["cell"], ys, mask, reset, backward=True)
    assert_close(found, (first, BothWays(forward, backward), last), atol=1e-5)


ENGINES = [unroll.deferred, unroll.Checkpointed(block=4), unroll.newton, unroll.auto]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_the_engine_of_the_model_makes_no_difference(engine):
    model = sequence_model(LSTM(3), Last, K, layers=2, bidirectional=True, engine=engine)
    plain = sequence_model(LSTM(3), Last, K, layers=2, bidirectional=True)
    variables = {"params": params_of(plain)}
    seen = observe(model, variables, XS, mask=LENGTHS)
    assert_identical(seen, observe(plain, variables, XS, mask=LENGTHS))


@pytest.mark.parametrize(
    ("cell", "precision"),
    [
        (LSTM(3), Precision.MIXED),
        (Stack((GRU(2), LSTM(3))), Precision.BF16),
        (zoneout(LSTM(3), 0.5), Precision.F32),
        (DeltaNet(4, heads=2), Precision.F32),
    ],
    ids=repr,
)
def test_the_last_of_the_states_is_what_the_model_returns(cell, precision):
    model = sequence_model(cell, Mean, K, layers=2, precision=precision)
    variables = {"params": params_of(model)}
    states = jax.jit(functools.partial(observe, model))(variables, XS)
    ends, _ = jax.jit(model.apply)(variables, XS)
    assert_identical(jax.tree.map(lambda s: s[-1], states), ends)


def test_a_layer_of_another_kind_is_refused():
    model = SequenceModel((nn.Dense(3),), Last(2))
    with pytest.raises(TypeError, match="Recurrent and Bidirectional layers; got Dense"):
        observe(model, {"params": {}}, jnp.ones((2, 3)))
