"""The kernels for a `SplitCell`, interpreted; on a GPU the real ones too."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import compose, unroll
from rnnjax.cells import CTRNN, GRU, LSTM, Elman, GRUResetBefore, PeepholeLSTM, relu
from rnnjax.cells.plain.elman import ElmanState
from rnnjax.unroll.fused import Fused, fused
from rnnjax.unroll.split.kernel import steps as split_steps
from rnnjax.unroll.split.kernel import triton as split_kernel
from rnnjax.unroll.split.kernel.steps import Backward, Flags, Forward
from rnnjax.unroll.split.kernel.triton import Tile
from tests.laws.draws import assert_close, doubled, normal, params_of, state_of, weigh
from tests.unroll.exporting import TRITON, exported

T = 4
pytestmark = [
    pytest.mark.usefixtures("gaining_by_halves"),
    pytest.mark.filterwarnings("ignore:The Pallas Triton backend is deprecated"),
]


def flags(shape):
    rng = np.random.default_rng(0)
    return {"mask": rng.random(shape) < 0.7, "reset": rng.random(shape) < 0.4}


def results(engine, cell, params, state, xs, **flags):
    """Returns the gradients by params, state and inputs, and the final state and the outputs."""

    def total(params, state, xs):
        result = engine(cell, params, state, xs, **flags)
        return weigh(result), result

    return jax.jit(jax.grad(total, (0, 1, 2), has_aux=True))(params, state, xs)


def drawn(cell, batch_shape):
    return params_of(cell), state_of(cell, batch_shape), normal(1, (T, *batch_shape, 2))


def test_an_elman_cell_is_its_equation():
    cell = Elman(3)
    params, state, xs = doubled(drawn(cell, (5,)))
    h, expected = state.h, []
    for x in xs:
        h = np.tanh(x @ params.w_x + h @ params.w_h + params.b)
        expected.append(h)
    with jax.enable_x64(True):
        last, ys = fused(
            cell, *map(functools.partial(jax.tree.map, jnp.asarray), (params, state, xs))
        )
    assert_close((last.h, ys), (h, np.stack(expected)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("cell", "batch_shape", "with_flags", "rows"),
    [
        (LSTM(20), (5,), True, None),
        (LSTM(3), (2,), False, 1),
        (GRU(3), (2, 3), True, None),
        (GRU(20), (3,), True, 1),
        (Elman(16, activation=relu), (), False, None),
        (Elman(3, activation=jax.nn.softplus), (9,), True, 4),  # three programs
    ],
    ids=repr,
)
@pytest.mark.full
def test_gradients_are_those_of_the_loop_to_the_last_digits(cell, batch_shape, with_flags, rows):
    arguments = doubled(drawn(cell, batch_shape))
    given = flags((T, *batch_shape)) if with_flags else {}
    with jax.enable_x64(True):
        engines = Fused(rows=rows), unroll.scan
        actual, expected = (results(e, cell, *arguments, **given) for e in engines)
    assert_close(actual, expected, rtol=1e-11, atol=1e-11)


def test_what_stands_in_the_padding_reaches_nobody():
    def inverse(x):
        return 1 / x  # infinite where the padding has its zeros, and so is the derivative

    cell = Elman(3, activation=inverse)
    arguments = drawn(cell, (3,))
    actual, expected = (results(e, cell, *arguments) for e in (fused, unroll.scan))
    assert_close(actual, expected, rtol=1e-3)


@pytest.mark.full
def test_in_half_precision_only_products_and_what_is_kept_are_rounded():
    cell = LSTM(3)
    arguments = drawn(cell, (3,))
    half = jax.tree.map(lambda x: jnp.asarray(x, jnp.bfloat16), arguments)
    exact = jax.tree.map(lambda x: x.astype(jnp.float32), half)
    (by_params, _, by_xs), (last, ys) = results(fused, cell, *half)
    assert last.c.dtype == ys.dtype == jnp.bfloat16
    (expected, _, expected_xs), (_, expected_ys) = results(unroll.scan, cell, *exact)
    assert by_params.w_h.dtype == jnp.bfloat16
    for x, e in ((ys, expected_ys), (by_params.w_h, expected.w_h), (by_xs, expected_xs)):
        x, e = np.asarray(x, np.float32), np.asarray(e)
        assert np.abs(x - e).max() < 0.02 * np.abs(e).max()


@pytest.mark.full
def test_a_cell_of_mixed_precision_rounds_its_matrix_once():
    cell = compose.mixed_precision(GRU(4))
    arguments = drawn(cell, (3,))
    (by_params, _, _), (_, ys) = results(fused, cell, *arguments)
    (expected, _, _), (_, expected_ys) = results(unroll.scan, cell, *arguments)
    assert ys.dtype == by_params.w_h.dtype == jnp.float32
    assert_close((by_params, ys), (expected, expected_ys), rtol=0.02, atol=0.02)


@pytest.mark.full
def test_members_run_as_each_does():
    cell = CTRNN(3)
    members = [params_of(cell, seed) for seed in range(2)]
    _, state, xs = drawn(cell, (3,))
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)
    run = functools.partial(results, fused, cell)
    together = jax.vmap(run, (0, None, None))(stacked, state, xs)
    for i, params in enumerate(members):
        assert_close(jax.tree.map(lambda x, i=i: x[i], together), run(params, state, xs))


def test_the_kernels_do_what_the_loops_beside_them_do():
    cell, given = LSTM(3), Flags(**flags((T, 3)))
    params, state, _ = drawn(cell, (3,))
    initial = jax.tree.map(lambda x: 0.3 * x, state)
    us, vs, d_ys = normal(2, (T, 3, 12)), normal(3, (T, 3, 12)), normal(4, (T, 3, 3))
    starts = jax.tree.map(lambda x: normal(5, (T, *x.shape)), state)
    forward, backward = (
        Forward(state, initial, us, given),
        Backward(state, starts, us, vs, d_ys, given),
    )
    for kernel, loop, arrays in (
        (split_kernel.forward, split_steps.forward, forward),
        (split_kernel.backward, split_steps.backward, backward),
    ):
        interpreted = jax.jit(functools.partial(kernel, True, Tile(), cell))
        assert_close(
            interpreted(params, arrays), jax.jit(functools.partial(loop, cell))(params, arrays)
        )


@pytest.mark.parametrize("shape", [(0, 3, 2), (4, 0, 2)])
def test_nothing_to_run_is_nothing_done(shape):
    cell = LSTM(3)
    state = state_of(cell, shape[1:2])
    last, ys = fused(cell, params_of(cell), state, jnp.zeros(shape))
    assert_close(last, state, rtol=0, atol=0)
    assert ys.shape == (*shape[:2], 3)


def gradient_of(cell, dtype, batch, **given):
    """Returns a function of params, state and inputs, and shapes to call it with."""
    params = jax.eval_shape(lambda: cell.init(jax.random.key(0), 8))
    params = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, dtype), params)
    state = jax.eval_shape(lambda p: cell.initial_state(p, (batch,)), params)

    def total(params, state, xs):
        return weigh(fused(cell, params, state, xs, **given))

    return jax.grad(total, (0, 1, 2)), (params, state, jax.ShapeDtypeStruct((T, batch, 8), dtype))


@pytest.mark.parametrize(
    ("cell", "dtype"),
    [
        (Elman(64), jnp.bfloat16),
        (LSTM(20), jnp.bfloat16),
        (GRU(100), jnp.float32),
        (compose.mixed_precision(PeepholeLSTM(32)), jnp.float32),
    ],
    ids=repr,
)
def test_a_gradient_is_two_kernels_on_a_gpu_and_loops_on_a_tpu(cell, dtype):
    function, arguments = gradient_of(cell, dtype, 5, **flags((T, 5)))
    on_gpu, on_tpu = (
        exported(function, platform, *arguments).mlir_module() for platform in ("cuda", "tpu")
    )
    assert on_gpu.count(TRITON) == 2
    assert "stablehlo.while" not in on_gpu
    assert on_tpu.count("stablehlo.while") == 2


def test_members_share_a_launch():
    function, arguments = gradient_of(LSTM(8), jnp.float32, 3)
    members = jax.tree.map(lambda x: jax.ShapeDtypeStruct((6, *x.shape), x.dtype), arguments)
    assert exported(jax.vmap(function), "cuda", *members).mlir_module().count(TRITON) == 2


@pytest.mark.parametrize(
    ("cell", "dtype", "fits"),
    [
        (LSTM(64), jnp.float32, True),
        (LSTM(65), jnp.float32, False),
        (GRU(128), jnp.float32, True),
        (GRU(129), jnp.float32, False),
        (LSTM(128), jnp.bfloat16, True),
        (LSTM(129), jnp.bfloat16, False),
        (compose.mixed_precision(LSTM(128)), jnp.float32, True),
        (Elman(256), jnp.bfloat16, True),
        (Elman(257), jnp.bfloat16, False),
    ],
    ids=repr,
)
def test_a_matrix_that_does_not_fit_on_chip_is_refused(cell, dtype, fits):
    function, arguments = gradient_of(cell, dtype, 3)
    if fits:
        jax.eval_shape(function, *arguments)
    else:
        with pytest.raises(ValueError, match=f"200 KB at most; {cell.hidden} units take"):
            jax.eval_shape(function, *arguments)


class Scaled(Elman):
    """A cell that computes a vector and a scalar from its parameters at every step."""

    def combine(self, params, state, u, v):
        scale = jnp.linspace(0.5, 1, self.hidden)[None] * params.b[0]
        h = jnp.tanh(u + v) * jnp.broadcast_to(scale, u.shape) * params.w_x.sum()
        return ElmanState(h), h


def test_what_a_step_does_to_parameters_alone_is_done_before_it():
    arguments = drawn(Scaled(3), (3,))
    actual, expected = (results(e, Scaled(3), *arguments) for e in (fused, unroll.scan))
    assert_close(actual, expected)


class Summing(Elman):
    """A cell that breaks the contract: its units are summed up along the way."""

    def combine(self, params, state, u, v):
        h = jnp.cumsum(u + v, axis=-1)
        return ElmanState(h), h


class Counting(Elman):
    """A cell with a counter in its state."""

    def initial_state(self, params, batch_shape=()):
        return ElmanState(jnp.zeros((*batch_shape, self.hidden), int))

    def combine(self, params, state, u, v):
        return ElmanState(state.h + 1), u + v


class Holding(Elman):
    """A cell with an array that is no parameter."""

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v) * np.linspace(0, 1, self.hidden, dtype=np.float32)[None]
        return ElmanState(h), h


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (GRUResetBefore(3), "runs a SplitCell, with project, recur, combine or a LinearCell"),
        (Summing(3), "it has no cumsum"),
        (Holding(3), "must take its arrays from params"),
        (Counting(3), "real vectors"),
    ],
    ids=repr,
)
def test_other_cells_are_refused(cell, message):
    params = params_of(cell)
    assert not fused.serves(cell) or isinstance(cell, Counting)
    with pytest.raises(TypeError, match=message):
        fused(cell, params, cell.initial_state(params, (3,)), jnp.ones((T, 3, 2)))


@pytest.mark.skipif(jax.default_backend() != "gpu", reason="there is no GPU here")
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize("rows", [None, 1, 16])
@pytest.mark.parametrize("cell", [Elman(128), LSTM(64), GRU(64), PeepholeLSTM(20)], ids=repr)
def test_on_a_gpu_the_compiled_kernels_agree_with_the_loop(cell, rows, dtype):
    params = cell.init(jax.random.key(0), 2)  # with `params_of` the states would be chaotic
    arguments = params, state_of(cell, (33,)), normal(1, (100, 33, 2))
    arguments = jax.tree.map(lambda x: jnp.asarray(x, dtype), arguments)
    exact = jax.tree.map(lambda x: x.astype(jnp.float32), arguments)
    with jax.default_matmul_precision("highest"):
        actual = results(Fused(rows=rows), cell, *arguments, **flags((100, 33)))
        expected = results(unroll.scan, cell, *exact, **flags((100, 33)))
    limit = 1e-4 if dtype == jnp.float32 else 0.05
    for a, e in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        a, e = np.asarray(a, np.float32), np.asarray(e)
        assert np.abs(a - e).max() <= limit * (1 + np.abs(e).max())
