import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, Elman
from rnnjax.compose import Stack, learned_start
from rnnjax.models import Bidirectional, Recurrent
from tests.filled import filled, params_of
from tests.laws.draws import assert_close, normal
from tests.models import alone

T, B, D = 9, 4, 2
XS = normal(1, (T, B, D))
scan = jax.jit(unroll.scan)
CELLS = [LSTM(3), LRU(3), Stack((GRU(2), learned_start(LSTM(3))))]


def flags(seed, chance):
    return np.random.default_rng(seed).random((T, B)) < chance


def start(cell, params, seed):
    """Draws a state of a batch."""
    like = cell.initial_state(params, (B,))
    return jax.tree.map(lambda x: normal(seed, x.shape, x.dtype), like)


def rows_alone(cell, params, state, mask, reset, *, backward):
    """Runs each row of `XS` by itself and stacks what comes out as a batch."""
    ends, ys = [], []
    for b in range(B):
        own = jax.tree.map(lambda x, b=b: x[b], state)
        end, y = alone.row(cell, params, own, XS[:, b], mask[:, b], reset[:, b], backward=backward)
        ends.append(end)
        ys.append(y)
    return jax.tree.map(lambda *leaves: np.stack(leaves), *ends), np.stack(ys, axis=1)


@pytest.mark.parametrize(
    "engine", [unroll.scan, unroll.checkpointed(block=4)], ids=["scan", "checkpointed"]
)
def test_a_layer_is_its_engine(engine):
    cell, mask, reset = LSTM(3), flags(2, 0.7), flags(3, 0.3)
    params = params_of(cell, D)
    state = start(cell, params, 5)
    layer, variables = Recurrent(cell, engine), {"params": {"cell": params}}
    for given in (None, state):
        begin = cell.initial_state(params, (B,)) if given is None else given
        found = jax.jit(layer.apply)(variables, XS, given, mask=mask, reset=reset)
        wanted = scan(cell, params, begin, XS, mask=mask, reset=reset)
        assert_close(found, wanted, atol=1e-6)


def test_a_layer_has_the_parameters_of_its_cell():
    drawn = Recurrent(Elman(3)).init(jax.random.key(0), XS)["params"]
    assert set(drawn) == {"cell"}
    wanted = Elman(3).init(jax.random.key(0), D)
    assert jax.tree.map(jnp.shape, drawn["cell"]) == jax.tree.map(jnp.shape, wanted)
    assert_close(drawn["cell"].w_h @ drawn["cell"].w_h.T, np.eye(3), atol=1e-5)


def test_reverse_is_flipping_time_before_and_after():
    cell = LSTM(3)
    params = params_of(cell, D)
    variables = {"params": {"cell": params}}
    state, ys = Recurrent(cell, reverse=True).apply(variables, XS)
    flipped_state, flipped_ys = Recurrent(cell).apply(variables, XS[::-1])
    assert_close(state, flipped_state, atol=1e-6)
    assert_close(ys, flipped_ys[::-1], atol=1e-6)
    assert (Recurrent(cell).backward_dim, Recurrent(cell, reverse=True).backward_dim) == (0, 3)


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_both_directions_run_each_packed_sequence_as_if_it_were_alone(cell):
    layer = Bidirectional(cell)
    params = {
        f"{d}_layer": {"cell": params_of(cell, D, s)} for d, s in (("forward", 3), ("backward", 9))
    }
    forward, backward = (params[f"{d}_layer"]["cell"] for d in ("forward", "backward"))
    states = start(cell, forward, 5), start(cell, backward, 6)
    run = jax.jit(layer.apply)
    draws = [(flags(seed, 0.6), flags(seed + 50, 0.35)) for seed in range(5)]
    ends = np.arange(T)[:, None] < np.array([T, 5, 1, 3])
    draws += [(ends, np.zeros_like(ends)), (ends[::-1], np.zeros_like(ends)), (~ends, ends & ~ends)]
    for mask, reset in draws:
        xs = np.where(mask[..., None], XS, np.nan)
        (left, right), ys = run({"params": params}, xs, states, mask=mask, reset=reset)
        left_alone, left_ys = rows_alone(cell, forward, states[0], mask, reset, backward=False)
        right_alone, right_ys = rows_alone(cell, backward, states[1], mask, reset, backward=True)
        assert_close((left, right), (left_alone, right_alone), atol=1e-5)
        assert_close(ys, np.concatenate([left_ys, right_ys], -1), atol=1e-5)


def test_the_two_directions_may_have_different_cells():
    layer = Bidirectional(LSTM(3), GRU(5))
    variables = {"params": filled(3, lambda: layer.init(jax.random.key(0), XS)["params"])}
    (left, right), ys = layer.apply(variables, XS)
    forward, backward = (variables["params"][f"{d}_layer"]["cell"] for d in ("forward", "backward"))
    found, found_ys = unroll.scan(LSTM(3), forward, LSTM(3).initial_state(forward, (B,)), XS)
    back, back_ys = unroll.scan(GRU(5), backward, GRU(5).initial_state(backward, (B,)), XS[::-1])
    assert_close((left, right), (found, back), atol=1e-6)
    assert_close(ys, jnp.concatenate([found_ys, back_ys[::-1]], -1), atol=1e-6)
    assert (layer.backward_dim, Bidirectional(LSTM(3)).backward_dim) == (5, 3)


def test_flags_may_leave_out_batch_axes():
    cell, reset = Elman(3), flags(3, 0.3)
    mask = np.array([1, 1, 0, 1, 1, 1, 0, 1, 0], bool)
    variables = {"params": {"cell": params_of(cell, D)}}
    layer = Recurrent(cell, reverse=True)
    wide = np.repeat(mask[:, None], B, 1)
    short = layer.apply(variables, XS, mask=mask, reset=reset)
    assert_close(short, layer.apply(variables, XS, mask=wide, reset=reset), atol=1e-6)
    short = layer.apply(variables, XS, mask=reset, reset=mask)
    assert_close(short, layer.apply(variables, XS, mask=reset, reset=wide), atol=1e-6)


def test_one_sequence_needs_no_batch_axis():
    cell = Elman(3)
    variables = {"params": {"cell": params_of(cell, D)}}
    for reverse in (False, True):
        layer = Recurrent(cell, reverse=reverse)
        state, ys = layer.apply(variables, XS)
        one_state, one_ys = layer.apply(variables, XS[:, 1])
        assert_close(one_ys, ys[:, 1], atol=1e-6)
        assert_close(one_state.h, state.h[1], atol=1e-6)
