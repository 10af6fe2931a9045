import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, Cell, Elman
from rnnjax.cells.noise import unpack
from rnnjax.compose import Stack, learned_start, zoneout
from rnnjax.models import Bidirectional, Recurrent, from_names, to_names
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
    "engine", [unroll.scan, unroll.Checkpointed(block=4)], ids=["scan", "checkpointed"]
)
def test_a_layer_is_its_engine(engine):
    cell, mask, reset = LSTM(3), flags(2, 0.7), flags(3, 0.3)
    params = params_of(cell, D)
    state = start(cell, params, 5)
    layer, variables = Recurrent(cell, engine), {"params": {"cell": to_names(params)}}
    for given in (None, state):
        begin = cell.initial_state(params, (B,)) if given is None else given
        found = jax.jit(layer.apply)(variables, XS, given, mask=mask, reset=reset)
        wanted = scan(cell, params, begin, XS, mask=mask, reset=reset)
        assert_close(found, wanted, atol=1e-6)


def test_a_layer_has_the_parameters_of_its_cell():
    drawn = Recurrent(Elman(3)).init(jax.random.key(0), XS)["params"]
    assert set(drawn) == {"cell"}
    wanted = Elman(3).init(jax.random.key(0), D)
    assert jax.tree.map(jnp.shape, drawn["cell"]) == jax.tree.map(jnp.shape, wanted._asdict())
    assert_close(drawn["cell"]["w_h"] @ drawn["cell"]["w_h"].T, np.eye(3), atol=1e-5)


def test_reverse_is_flipping_time_before_and_after():
    cell = LSTM(3)
    params = params_of(cell, D)
    variables = {"params": {"cell": to_names(params)}}
    state, ys = Recurrent(cell, reverse=True).apply(variables, XS)
    flipped_state, flipped_ys = Recurrent(cell).apply(variables, XS[::-1])
    assert_close(state, flipped_state, atol=1e-6)
    assert_close(ys, flipped_ys[::-1], atol=1e-6)
    assert (Recurrent(cell).backward_dim, Recurrent(cell, reverse=True).backward_dim) == (0, 3)


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_both_directions_run_each_packed_sequence_as_if_it_were_alone(cell):
    layer = Bidirectional(cell)
    forward, backward = (params_of(cell, D, s) for s in (3, 9))
    params = {
        "forward_layer": {"cell": to_names(forward)},
        "backward_layer": {"cell": to_names(backward)},
    }
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
    forward, backward = (
        from_names(variables["params"][f"{name}_layer"]["cell"], params_of(cell, D))
        for name, cell in (("forward", LSTM(3)), ("backward", GRU(5)))
    )
    found, found_ys = unroll.scan(LSTM(3), forward, LSTM(3).initial_state(forward, (B,)), XS)
    back, back_ys = unroll.scan(GRU(5), backward, GRU(5).initial_state(backward, (B,)), XS[::-1])
    assert_close((left, right), (found, back), atol=1e-6)
    assert_close(ys, jnp.concatenate([found_ys, back_ys[::-1]], -1), atol=1e-6)
    assert (layer.backward_dim, Bidirectional(LSTM(3)).backward_dim) == (5, 3)


def test_flags_may_leave_out_batch_axes():
    cell, reset = Elman(3), flags(3, 0.3)
    mask = np.array([1, 1, 0, 1, 1, 1, 0, 1, 0], bool)
    variables = {"params": {"cell": to_names(params_of(cell, D))}}
    layer = Recurrent(cell, reverse=True)
    wide = np.repeat(mask[:, None], B, 1)
    short = layer.apply(variables, XS, mask=mask, reset=reset)
    assert_close(short, layer.apply(variables, XS, mask=wide, reset=reset), atol=1e-6)
    short = layer.apply(variables, XS, mask=reset, reset=mask)
    assert_close(short, layer.apply(variables, XS, mask=reset, reset=wide), atol=1e-6)


def test_one_sequence_needs_no_batch_axis():
    cell = Elman(3)
    variables = {"params": {"cell": to_names(params_of(cell, D))}}
    for reverse in (False, True):
        layer = Recurrent(cell, reverse=reverse)
        state, ys = layer.apply(variables, XS)
        one_state, one_ys = layer.apply(variables, XS[:, 1])
        assert_close(one_ys, ys[:, 1], atol=1e-6)
        assert_close(one_state.h, state.h[1], atol=1e-6)


class Numbered(Cell):
    """Puts out its input plus `scale` times the noise of the step, zero without noise."""

    @property
    def output_dim(self):
        return 2

    def init(self, key, input_dim):
        return {"scale": jnp.ones(2)}

    def initial_state(self, params, batch_shape=()):
        return jnp.zeros((*batch_shape, 2))

    def draw(self, key, params, leading):
        return jax.random.normal(key, (*leading, 2))

    def step(self, params, state, x_t):
        x, noise = unpack(x_t)
        noise = jnp.zeros_like(state) if noise is None else noise
        state = state + noise * jnp.broadcast_to(params["scale"], noise.shape)
        return state, x + state


@pytest.mark.parametrize("reverse", [False, True])
def test_noise_is_drawn_with_the_dropout_key_in_training_alone(reverse):
    layer, variables = Recurrent(Numbered(), reverse=reverse), {"params": {"cell": {"scale": TWOS}}}
    _, ys = layer.apply(variables, XS)
    np.testing.assert_array_equal(ys, XS)

    def trained(seed, engine=unroll.scan):
        rngs = {"dropout": jax.random.key(seed)}
        return layer.clone(engine=engine).apply(variables, XS, train=True, rngs=rngs)

    one, again, other = (trained(seed) for seed in (1, 1, 2))
    assert_close(one, again, rtol=0, atol=0)
    assert np.abs(one[1] - other[1]).min() > 1e-6  # noise at every step, sequence and unit
    assert_close(trained(1, unroll.Checkpointed(block=4)), one)
    # The state adds up the noise in the order in which time runs.
    added = np.asarray(one[1] - XS)
    added = added[::-1] if reverse else added
    noise = np.diff(added, axis=0, prepend=0) / 2
    assert abs(noise.mean()) < 4 / noise.size**0.5
    assert abs(noise.std() - 1) < 4 / noise.size**0.5
    assert_close(one[0], added[-1])


TWOS = np.full(2, 2.0, np.float32)


def test_the_two_directions_have_noise_of_their_own():
    layer = Bidirectional(Numbered())
    side = {"cell": {"scale": TWOS}}
    variables = {"params": {"forward_layer": side, "backward_layer": side}}
    rngs = {"dropout": jax.random.key(0)}
    (left, right), _ = layer.apply(variables, XS, train=True, rngs=rngs)
    assert np.abs(left - right).min() > 1e-6


@pytest.mark.parametrize(
    "layer", [Recurrent(Elman(3)), Bidirectional(Stack((Elman(3), GRU(2))))], ids=["one", "both"]
)
def test_a_cell_without_noise_needs_no_key(layer):
    variables = {"params": filled(3, lambda: layer.init(jax.random.key(0), XS)["params"])}
    plain, trained = (layer.apply(variables, XS, train=train) for train in (False, True))
    assert_close(plain, trained, rtol=0, atol=0)


def test_zoneout_draws_which_units_keep_their_state():
    layer = Recurrent(zoneout(Elman(3), 0.5))
    variables = {"params": filled(3, lambda: layer.init(jax.random.key(0), XS)["params"])}
    _, ys = layer.apply(variables, XS, train=True, rngs={"dropout": jax.random.key(0)})
    kept = np.asarray(ys[1:] == ys[:-1]).mean()
    assert 0.3 < kept < 0.7
    _, ys = layer.apply(variables, XS)
    assert (ys[1:] != ys[:-1]).all()


def test_inputs_may_be_several_arrays():
    layer, variables = Recurrent(Pair(), reverse=True), {"params": {}}
    xs = {"a": XS, "b": normal(2, (T, B, 1))}
    state, ys = layer.apply(variables, xs)
    assert_close(state, xs["b"].sum(0))
    assert_close(ys["a"], XS)
    assert_close(ys["sum"], np.cumsum(xs["b"][::-1], 0)[::-1])


class Pair(Cell):
    """Puts out one of its inputs and the sum so far of the other; has no parameters."""

    @property
    def output_dim(self):
        return 1

    def init(self, key, input_dim):
        return ()

    def initial_state(self, params, batch_shape=()):
        return jnp.zeros((*batch_shape, 1))

    def step(self, params, state, x_t):
        state = state + x_t["b"]
        return state, {"a": x_t["a"], "sum": state}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Recurrent(LSTM), "Recurrent runs a cell, such as LSTM(64); got the class LSTM"),
        (lambda: Recurrent(3), "Recurrent runs a cell, such as LSTM(64); got 3"),
        (lambda: Bidirectional("LSTM"), "runs a cell, such as LSTM(64); got 'LSTM'"),
        (lambda: Bidirectional(LSTM(3), GRU), "runs a cell, such as LSTM(64); got the class GRU"),
        (lambda: Recurrent(LSTM(3), engine="scan"), "takes an engine, such as unroll.scan"),
        (lambda: Recurrent(LSTM(3), unroll.Deferred), "got the class Deferred"),
        (lambda: Recurrent(LSTM(3), precision="mixed"), "Precision.MIXED; got 'mixed'"),
        (lambda: Bidirectional(LSTM(3), engine=None), "Bidirectional takes an engine"),
        (lambda: Bidirectional(LSTM(3), precision=16), "Bidirectional takes a precision"),
    ],
)
def test_what_is_no_cell_engine_or_precision_is_refused_in_one_line(make, message):
    with pytest.raises(TypeError, match=re.escape(message)) as caught:
        make()
    assert "\n" not in str(caught.value)
