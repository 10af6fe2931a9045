"""The kernel for `h_t = a_t * h_{t-1} + b_t`, interpreted; on a GPU the real one too."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU, MinGRU
from rnnjax.unroll.fused import fused
from rnnjax.unroll.linear import steps as linear
from rnnjax.unroll.linear.kernel import states
from rnnjax.unroll.linear.steps import Step
from tests.full import full
from tests.laws.draws import assert_close, doubled, normal, params_of, state_of, weigh
from tests.unroll.exporting import MOSAIC, TRITON, exported

pytestmark = pytest.mark.filterwarnings("ignore:The Pallas Triton backend is deprecated")


def drawn(steps, shape, dtype, with_resets):
    decay, drive = (0.5 * normal(seed, (steps, *shape), dtype) for seed in (0, 1))
    begins = np.random.default_rng(0).random((steps, *shape)) < 0.2 if with_resets else None
    return Step(decay, drive, begins), normal(2, shape, dtype)


@functools.partial(jax.jit, static_argnums=0)
def results(run, each, h):
    """Returns the states, and the gradients by all that they depend on."""

    def total(decay, drive, h):
        hs = run(Step(decay, drive, each.begins), h)
        return weigh(hs), hs

    return jax.grad(total, (0, 1, 2), has_aux=True)(each.decay, each.drive, h)


def loop(each, h):
    return linear.states_in_a_loop(each, h)[1]


@pytest.mark.parametrize(
    ("steps", "shape", "dtype", "with_resets"),
    [
        (1, (3,), np.float64, False),
        (37, (2, 3), np.float64, True),  # three chunks
        (37, (130,), np.float64, False),  # two tiles of units
        (20, (3,), np.complex128, True),
    ],
)
@pytest.mark.full
def test_states_and_gradients_are_those_of_the_loop(steps, shape, dtype, with_resets):
    with jax.enable_x64(True):
        arguments = drawn(steps, shape, dtype, with_resets)
        actual, expected = (results(run, *arguments) for run in (states, loop))
    assert_close(actual, expected, rtol=1e-11, atol=1e-11)


def test_a_nan_before_a_reset_stays_there():
    each, h = drawn(37, (2,), np.float32, False)
    each.decay[3] = np.nan
    begins = np.zeros((37, 2), bool)
    begins[30, 0] = True
    hs = np.asarray(states(each._replace(begins=begins), h))
    assert np.isnan(hs[3:30, 0]).all()
    assert np.isfinite(hs[30:, 0]).all()
    assert np.isnan(hs[3:, 1]).all()


def test_half_precision_is_carried_in_single():
    each, h = drawn(20, (3,), np.float32, False)
    half = jax.tree.map(lambda x: jnp.asarray(x, jnp.bfloat16), (each, h))
    hs = states(*half)
    assert hs.dtype == jnp.bfloat16
    expected = loop(*jax.tree.map(lambda x: x.astype(jnp.float32), half))
    assert_close(hs, expected.astype(jnp.bfloat16), rtol=0, atol=0)


@pytest.mark.parametrize(("cell", "batch_shape"), [(LRU(3), (2, 2)), (MinGRU(3), ())], ids=repr)
@pytest.mark.full
def test_the_engine_has_the_gradients_of_the_loop(cell, batch_shape):
    rng = np.random.default_rng(0)
    given = {name: rng.random((20, *batch_shape)) < 0.5 for name in ("mask", "reset")}

    def gradient(engine, *arguments):
        def total(*arguments):
            return weigh(engine(cell, *arguments, **given))

        return jax.jit(jax.value_and_grad(total, (0, 1, 2)))(*arguments)

    arguments = params_of(cell), state_of(cell, batch_shape), normal(1, (20, *batch_shape, 2))
    with jax.enable_x64(True):
        actual, expected = (gradient(e, *doubled(arguments)) for e in (fused, unroll.scan))
    assert_close(actual, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.full
def test_members_run_as_each_does():
    decay, drive = normal(0, (2, 20, 3)), normal(1, (20, 3))
    run = functools.partial(results, states)
    together = jax.vmap(lambda decay: run(Step(decay, drive, None), drive[0]))(decay)
    for i in range(2):
        alone = run(Step(decay[i], drive, None), drive[0])
        assert_close(jax.tree.map(lambda x, i=i: x[i], together), alone)


@pytest.mark.parametrize("dtype", [jnp.float32, *map(full, (jnp.bfloat16, jnp.complex64))])
@pytest.mark.parametrize(("platform", "kernel"), [("cuda", TRITON), ("tpu", MOSAIC)])
def test_a_gradient_is_four_kernels(platform, kernel, dtype):
    each = jax.ShapeDtypeStruct((1000, 8, 64), dtype)

    def total(decay, drive, h):
        return weigh(states(Step(decay, drive, decay.real > 0), h))

    text = exported(jax.grad(total, (0, 1, 2)), platform, each, each, each.update(shape=(8, 64)))
    text = text.mlir_module()
    assert text.count(kernel) == 4  # forward and backward, each chunk twice


@pytest.mark.skipif(jax.default_backend() not in ("gpu", "tpu"), reason="there is no GPU or TPU")
@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_the_compiled_kernel_agrees_with_the_loop(dtype):
    arguments = drawn(3000, (5, 67), dtype, True)
    actual, expected = (results(run, *arguments) for run in (states, loop))
    assert_close(actual, expected)
