import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import learning, models
from rnnjax.models import All, Last, Mean, Precision, Recurrent, SequenceModel
from rnnjax.models.feedback import fed_back, feedback_weights
from tests.laws.draws import normal
from tests.learning import bench

YS = normal(1, (4, 3, 5))
WEIGHTS = normal(2, (4, 3, 2))


def gradients(readout, params, ys=YS):
    """Returns gradients of parameters and inputs of a squared error."""

    def loss(params, ys):
        out = readout.apply({"params": params}, ys).astype(jnp.float32)
        return jnp.sum((out - WEIGHTS[: len(out)] if out.ndim == 3 else out - WEIGHTS[0]) ** 2)

    return jax.value_and_grad(loss, argnums=(0, 1))(params, ys)


@pytest.mark.parametrize("kind", [All, Mean, Last])
def test_the_error_goes_back_by_fixed_weights_and_by_nothing_else(kind):
    plain, fed = kind(2), kind(2, feedback=7)
    params = plain.init(jax.random.key(0), YS)["params"]
    assert jax.tree.map(jnp.shape, fed.init(jax.random.key(0), YS)["params"]) == jax.tree.map(
        jnp.shape, params
    )
    value, (d_params, _) = gradients(plain, params)
    found, (d_found, d_ys) = gradients(fed, params)
    assert found == value
    for x, y in zip(jax.tree.leaves(d_found), jax.tree.leaves(d_params), strict=True):
        np.testing.assert_array_equal(x, y)

    b = np.asarray(feedback_weights(7, 5, 2))
    kernel, bias = (np.asarray(params["Dense_0"][name]) for name in ("kernel", "bias"))
    if kind is All:
        back = 2 * (YS @ kernel + bias - WEIGHTS) @ b.T
    elif kind is Mean:
        back = 2 * (YS.mean(0) @ kernel + bias - WEIGHTS[0]) @ b.T
        back = np.broadcast_to(back / len(YS), YS.shape)
    else:
        back = np.zeros_like(YS)
        back[-1] = 2 * (YS[-1] @ kernel + bias - WEIGHTS[0]) @ b.T
    np.testing.assert_allclose(d_ys, back, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("precision", list(Precision))
def test_by_its_own_weights_a_readout_is_itself_bit_for_bit(precision):
    dense = precision.dense(2)
    params = dense.init(jax.random.key(0), jnp.array(YS))["params"]
    ys = precision.kept(jnp.array(YS))

    def loss(params, ys, feed):
        def read(x):
            return dense.apply({"params": params}, x)

        out = fed_back(ys, read, params["kernel"]) if feed else read(ys)
        return jnp.sum((out.astype(jnp.float32) - WEIGHTS) ** 2)

    fed, plain = (jax.jit(jax.grad(loss, argnums=(0, 1)), static_argnums=2) for _ in range(2))
    for x, y in zip(
        jax.tree.leaves(fed(params, ys, True)),
        jax.tree.leaves(plain(params, ys, False)),
        strict=True,
    ):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(np.asarray(x, np.float32), np.asarray(y, np.float32))
        assert np.asarray(x, np.float32).any()


def test_weights_are_fixed_by_their_seed_and_normal_of_variance_one_over_outputs():
    b = feedback_weights(3, 4000, 5)
    np.testing.assert_array_equal(b, feedback_weights(3, 4000, 5))
    assert np.abs(b - feedback_weights(4, 4000, 5)).max() > 0.1
    np.testing.assert_allclose(b.mean(), 0, atol=0.01)
    np.testing.assert_allclose(np.cov(np.asarray(b).T), np.eye(5) / 5, atol=0.02)
    assert models.All(2, feedback=3) == models.All(2, feedback=3)


def test_with_rflo_it_is_random_feedback_local_online_learning():
    rule, readout = learning.RFLO(), All(1, feedback=3)
    model = SequenceModel((Recurrent(bench.CELL, rule),), readout)
    w_h, w_x, b = (jnp.array(x, jnp.float32) for x in np.split(bench.WEIGHTS, [2, 3]))
    own = {"cell": {"w_h": w_h, "w_x": w_x, "b": b[0]}}
    dense = {"kernel": jnp.array(bench.W_O[:, None], jnp.float32), "bias": jnp.zeros(1)}
    params = {"layers_0": own, "readout": {"Dense_0": dense}}

    def loss(params):
        _, ys = model.apply({"params": params}, jnp.array(bench.XS, jnp.float32))
        return 0.5 * jnp.sum((ys[:, 0] - jnp.array(bench.YS, jnp.float32)) ** 2)

    found = jax.jit(jax.grad(loss))(params)["layers_0"]["cell"]
    features, direct, _, errors = bench.by_hand()
    back = np.asarray(feedback_weights(3, 2, 1))[:, 0]
    trace, total = np.zeros((4, 2)), np.zeros((4, 2))
    for f, d, error in zip(features, direct, errors, strict=True):
        trace = 0.4 * trace + np.outer(f, np.diag(d))
        total += trace * (error[0] / bench.W_O[0] * back)
    stacked = np.concatenate([found["w_h"], found["w_x"], found["b"][None]])
    np.testing.assert_allclose(stacked, total, rtol=1e-4, atol=1e-5)
