"""Weights from Flax and to it, linen and nnx; and cells of ours as one of linen's."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from rnnjax import cells, compose, models, unroll
from rnnjax.interop import flax as interop
from tests.full import full
from tests.interop.running import drawn, inputs, outputs, params_of

LINEN = [
    (nn.SimpleCell, cells.Elman),
    (nn.LSTMCell, cells.LSTM),
    (nn.OptimizedLSTMCell, cells.LSTM),
    (nn.GRUCell, cells.GRU),
]
NNX = [
    (nnx.SimpleCell, cells.Elman),
    (nnx.LSTMCell, cells.LSTM),
    (nnx.OptimizedLSTMCell, cells.LSTM),
    (nnx.GRUCell, cells.GRU),
]


def agree(run, theirs, load, ours, xs, atol=1e-10):
    """Holds values and gradients by their weights against those through `load`."""
    ys = run(theirs)
    scale = inputs(*ys.shape, seed=1)
    expected = jax.jit(jax.grad(lambda p: jnp.sum(run(p) * scale)))(theirs)
    found = jax.jit(jax.grad(lambda p: jnp.sum(outputs(ours, load(ours, p), xs) * scale)))(theirs)
    rtol = max(1e-7, atol)
    np.testing.assert_allclose(outputs(ours, load(ours, theirs), xs), ys, rtol=rtol, atol=atol)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=10 * atol), found, expected
    )


@pytest.mark.usefixtures("x64", "promoting")
@pytest.mark.parametrize(("kind", "cell"), LINEN)
def test_values_and_gradients_are_linens(kind, cell):
    module = nn.RNN(kind(4, param_dtype=jnp.float64), time_major=True)
    xs = jnp.asarray(inputs(5, 2, 3))
    theirs = drawn(module.init(jax.random.key(0), xs)["params"], 5)["cell"]
    ours = cell(4)
    agree(lambda p: module.apply({"params": {"cell": p}}, xs), theirs, interop.linen.load, ours, xs)
    dumped = interop.linen.dump(ours, interop.linen.load(ours, theirs))
    jax.tree.map(np.testing.assert_array_equal, dumped, theirs)


@pytest.mark.full
@pytest.mark.usefixtures("x64", "promoting")
def test_a_bidirectional_layer_is_linens():
    rnns = [nn.RNN(nn.GRUCell(4, param_dtype=jnp.float64)) for _ in range(2)]
    module = nn.Bidirectional(*rnns, time_major=True)
    xs = jnp.asarray(inputs(5, 2, 3))
    theirs = drawn(module.init(jax.random.key(0), xs)["params"], 5)
    ours = models.Bidirectional(cells.GRU(4))
    # A layer of models runs in single precision also where double is to be had.
    at = {"atol": 1e-6}
    agree(lambda p: module.apply({"params": p}, xs), theirs, interop.linen.load, ours, xs, **at)
    dumped = interop.linen.dump(ours, interop.linen.load(ours, theirs))
    jax.tree.map(np.testing.assert_array_equal, dumped, theirs)


@pytest.mark.usefixtures("promoting")
def test_a_recurrent_layer_is_linens_rnn():
    layer, theirs = (
        models.Recurrent(cells.GRU(4)),
        nn.RNN(nn.GRUCell(4)).init(jax.random.key(0), jnp.ones((5, 3))),
    )
    params = interop.linen.load(layer, theirs["params"])
    assert set(params["cell"]) == {"w_x", "w_h", "b", "b_n"}
    jax.tree.map(np.testing.assert_array_equal, interop.linen.dump(layer, params), theirs["params"])
    stack = compose.Stack((cells.GRU(4),))
    inner = theirs["params"]["cell"]
    assert interop.linen.load(stack, [inner])[0].w_x.shape == (3, 12)
    assert set(interop.linen.dump(stack, interop.linen.load(stack, [inner]))[0]) == set(inner)


@pytest.mark.usefixtures("x64", "promoting")
@pytest.mark.parametrize(("kind", "cell"), NNX)
def test_values_and_gradients_are_nnxs(kind, cell):
    dtypes = {"dtype": jnp.float64, "param_dtype": jnp.float64}
    module = nnx.RNN(kind(3, 4, rngs=nnx.Rngs(0), **dtypes), time_major=True, rngs=nnx.Rngs(0))
    graph, state, rest = nnx.split(module, nnx.Param, ...)
    theirs = drawn(nnx.to_pure_dict(state), 5)["cell"]
    xs, ours = jnp.asarray(inputs(5, 2, 3)), cell(4)

    def run(params):
        own = jax.tree.map(lambda a: a, state)
        nnx.replace_by_pure_dict(own, {"cell": params})
        return nnx.merge(graph, own, rest)(xs, initial_carry=zero)

    zero = jnp.zeros((2, 4))
    zero = (zero, zero) if cell is cells.LSTM else zero
    agree(run, theirs, interop.nnx.load, ours, xs)
    params = interop.nnx.load(ours, theirs)
    fused = kind is nnx.OptimizedLSTMCell
    dumped = interop.nnx.dump_optimized(ours, params) if fused else interop.nnx.dump(ours, params)
    jax.tree.map(np.testing.assert_array_equal, dumped, theirs)


def test_what_flax_does_not_have_is_refused():
    gru = params_of(cells.GRU(4), 3)
    with pytest.raises(ValueError, match=r"GRU\(hidden=4\): GRUCell of .* nnx has no bias inside"):
        interop.nnx.dump(cells.GRU(4), gru)
    assert "hn" in interop.linen.dump(cells.GRU(4), gru)
    for cell in (cells.MGU(4), cells.MGUResetBefore(4)):
        with pytest.raises(ValueError, match=r"MGU.*\(hidden=4\): Flax linen has no .* MGUCell"):
            interop.linen.load(cell, {})
    with pytest.raises(ValueError, match="Flax nnx has no such cell; it has"):
        interop.nnx.load(cells.MGU(4), {})
    with pytest.raises(ValueError, match="its GRU resets after"):
        interop.linen.load(cells.GRUResetBefore(4), {})


@pytest.mark.usefixtures("promoting")
def test_mgu_is_another_function_than_flaxs():
    """So it is refused: neither its gate nor the other way round is theirs."""
    module, xs = nn.MGUCell(4), inputs(2, 3)
    h = inputs(2, 4, seed=3)
    theirs = drawn(module.init(jax.random.key(0), h, xs)["params"], 5)
    theirs["hn"]["bias"] *= 0
    h_next, _ = module.apply({"params": theirs}, h, xs)
    w_x, w_h = (
        jnp.concatenate([theirs[f"{way}{gate}"]["kernel"] for gate in "fn"], -1) for way in "ih"
    )
    b = jnp.concatenate([theirs["if"]["bias"], theirs["in"]["bias"]])
    cell = cells.MGU(4)
    for sign in (1, -1):
        turn = jnp.repeat(jnp.array([sign, 1.0]), 4)
        params = cell.params_type(w_x * turn[None], w_h * turn[None], b * turn)
        state, _ = cell.step(params, cell.state_type(jnp.asarray(h)), jnp.asarray(xs))
        assert np.abs(state.h - h_next).max() > 0.05


def test_other_weights_are_refused_in_one_line():
    lstm = interop.linen.dump(cells.LSTM(4), params_of(cells.LSTM(4), 3))
    with pytest.raises(ValueError, match=r"GRU\(hidden=4\) takes ir/kernel \(D, 4\)"):
        interop.linen.load(cells.GRU(4), lstm)
    with pytest.raises(ValueError, match=r"ii/kernel is \(3, 4\), LSTM.* takes \(D, 5\)"):
        interop.linen.load(cells.LSTM(5), lstm)
    with pytest.raises(ValueError, match="takes forward_rnn and backward_rnn"):
        interop.linen.load(models.Bidirectional(cells.LSTM(4)), lstm)
    with pytest.raises(ValueError, match="layer are"):
        interop.linen.load(models.Recurrent(cells.LSTM(4)), lstm)
    uneven = {**lstm, "if": {"kernel": np.ones((2, 4))}}
    with pytest.raises(ValueError, match="different shapes"):
        interop.linen.load(cells.LSTM(4), uneven)
    with pytest.raises(ValueError, match=r"dense_i/kernel is \(3, 12\), LSTM"):
        interop.nnx.load(cells.LSTM(4), {"dense_i": {"kernel": np.ones((3, 12))}})


CELLS = [
    cells.LSTM(4),
    cells.GRUResetBefore(4),
    cells.MinGRU(4),
    compose.LearnedStart(cells.GRU(4)),
    compose.Stack((cells.Elman(4), cells.LSTM(3))),
]


@pytest.mark.parametrize("cell", [CELLS[0], *map(full, CELLS[1:])], ids=str)
def test_any_cell_is_one_of_linens(cell):
    layer, same = nn.RNN(interop.as_rnn_cell(cell), time_major=True), models.Recurrent(cell)
    xs = jnp.asarray(inputs(5, 2, 3), jnp.float32)
    variables, like = layer.init(jax.random.key(0), xs), same.init(jax.random.key(0), xs)
    assert jax.tree.map(jnp.shape, variables) == jax.tree.map(jnp.shape, like)
    assert any(jnp.any(leaf != 0) for leaf in jax.tree.leaves(variables))
    filled = drawn(like, 2)  # a learned start is not zero then
    state, ys = same.apply(filled, xs)
    carry, their_ys = layer.apply(filled, xs, return_carry=True)
    np.testing.assert_allclose(their_ys, ys, atol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), carry, state)
    lengths = jnp.array([5, 2])
    carry, _ = layer.apply(filled, xs, seq_lengths=lengths, return_carry=True)
    state, _ = same.apply(filled, xs, mask=jnp.arange(5)[:, None] < lengths[None])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), carry, state)


def test_a_fresh_carry_and_a_drawn_cell():
    cell = cells.LSTM(4)
    module = interop.as_rnn_cell(cell)
    carry = module.initialize_carry(jax.random.key(0), (2, 7, 3))
    assert carry.h.shape == carry.c.shape == (2, 7, 4)
    assert module.num_feature_axes == 1
    carry, xs = module.initialize_carry(jax.random.key(0), (3,)), jnp.ones(3)
    params = module.init(jax.random.key(0), carry, xs)["params"]
    np.testing.assert_array_equal(params["b"], [0] * 4 + [1] * 4 + [0] * 8)
    w = np.asarray(params["w_h"])[:, :4]
    np.testing.assert_allclose(w @ w.T, np.eye(4), atol=1e-5)
    both = nn.Bidirectional(*(nn.RNN(interop.as_rnn_cell(c)) for c in (cell, cells.GRU(3))))
    ys, _ = both.init_with_output(jax.random.key(0), jnp.ones((2, 5, 3)))
    assert ys.shape == (2, 5, 7)


def test_unrolled_as_our_own_engine():
    cell, xs = cells.Elman(4), jnp.asarray(inputs(5, 2, 3), jnp.float32)
    params = params_of(cell, 3)
    layer = nn.RNN(interop.as_rnn_cell(cell), time_major=True, unroll=5)
    ys = layer.apply({"params": {"cell": params._asdict()}}, xs)
    _, ours = unroll.scan(cell, params, cell.initial_state(params, (2,)), xs)
    np.testing.assert_allclose(ys, ours, atol=1e-6)


@pytest.mark.parametrize("cell", [cells.LSTM, 3])
def test_what_is_no_cell_is_refused(cell):
    with pytest.raises(TypeError, match=r"^cell must be a cell, such as GRU\(64\); got "):
        interop.as_rnn_cell(cell)
