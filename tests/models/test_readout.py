import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.models import MLP, All, Last, Mean
from rnnjax.models.readout import mean
from tests.filled import filled
from tests.laws.draws import assert_close, normal

T, B, K = 6, 5, 4
YS = normal(1, (T, B, K))
# All steps, a tail missing, a head missing, holes, nothing at all.
MASK = np.array(
    [[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1], [0, 1, 0, 1, 1, 0], [0] * 6], bool
).T
STEPS = [np.flatnonzero(MASK[:, b]) for b in range(B)]


def read(readout, ys, mask=None):
    """Returns what a readout makes of `ys`, and its weights and bias."""
    dense = filled(3, lambda: readout.init(jax.random.key(0), ys)["params"])["Dense_0"]
    found = readout.apply({"params": {"Dense_0": dense}}, ys, mask)
    return found, np.asarray(dense["kernel"]), np.asarray(dense["bias"])


def test_all_reads_every_step():
    found, kernel, bias = read(All(3), YS, MASK)
    assert_close(found, np.einsum("tbk,ko->tbo", YS, kernel) + bias, atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_mean_reads_the_mean_of_what_is_there(masked):
    found, kernel, bias = read(Mean(3), YS, MASK if masked else None)
    means = [YS[STEPS[b] if masked else slice(None), b].sum(0) for b in range(B)]
    counts = [max(len(STEPS[b]), 1) if masked else T for b in range(B)]
    assert_close(found, np.stack(means) / np.array(counts)[:, None] @ kernel + bias, atol=1e-6)


def ends(features, masked, first):
    """Returns one step of each row of `YS`: the first or the last that is there."""
    rows = []
    for b in range(B):
        there = STEPS[b] if masked else np.arange(T)
        at = (0 if first else -1) if len(there) == 0 else there[0 if first else -1]
        rows.append(YS[at, b, features])
    return np.stack(rows)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("backward_dim", [0, 1, 3, 4])
def test_last_reads_each_direction_at_its_end(masked, backward_dim):
    found, kernel, bias = read(Last(3, backward_dim), YS, MASK if masked else None)
    forward, backward = slice(0, K - backward_dim), slice(K - backward_dim, K)
    state = np.concatenate([ends(forward, masked, False), ends(backward, masked, True)], -1)
    there = slice(0, B - 1)  # a row without steps reads a masked output, which engines make zero
    assert_close(found[there], (state @ kernel + bias)[there], atol=1e-6)


@pytest.mark.parametrize(
    "readout", [Mean(3), Last(3), Last(3, 2)], ids=["mean", "last", "last-both-ways"]
)
def test_a_sequence_without_steps_reads_zero(readout):
    found, _, bias = read(readout, np.where(MASK[..., None], YS, 0), MASK)
    assert_close(found[B - 1], bias, atol=0)


def test_what_a_mean_leaves_out_does_not_matter_even_if_it_is_no_number():
    holes = np.where(MASK[..., None], YS, np.nan)
    found, kernel, bias = read(Mean(3), holes, MASK)
    clean, _, _ = read(Mean(3), np.where(MASK[..., None], YS, 0), MASK)
    assert_close(found, clean, atol=0)

    def total(ys):
        dense = {"params": {"Dense_0": {"kernel": kernel, "bias": bias}}}
        return Mean(3).apply(dense, ys, MASK).sum()

    gradient = np.asarray(jax.grad(total)(holes))
    assert (gradient[~MASK] == 0).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    "readout", [Mean(3), Last(3), Last(3, 2)], ids=["mean", "last", "last-both-ways"]
)
def test_any_batch_axes_and_a_mask_of_time_alone_are_read(readout):
    ys, mask = YS.reshape(T, 1, B, K), MASK[:, 3]
    found, *_ = read(readout, ys, mask)
    wide, *_ = read(readout, YS, np.repeat(mask[:, None], B, 1))
    assert_close(found[0], wide, atol=1e-6)
    one, *_ = read(readout, YS[:, 2], mask)
    assert_close(one, wide[2], atol=1e-6)


def test_an_mlp_is_affine_maps_with_relu_between():
    model, x = MLP((7, 5, 3)), normal(2, (B, K))
    params = filled(4, lambda: model.init(jax.random.key(0), x)["params"])
    h = x
    for name in ("Dense_0", "Dense_1", "Dense_2"):
        h = h @ np.asarray(params[name]["kernel"]) + np.asarray(params[name]["bias"])
        h = np.maximum(h, 0) if name != "Dense_2" else h
    assert_close(model.apply({"params": params}, x), h, atol=1e-6)
    assert isinstance(model, nn.Module)
    assert (jnp.asarray(h) < 0).any()


@pytest.mark.parametrize("masked", [False, True])
def test_a_long_mean_in_half_precision_is_that_of_single_rounded(masked):
    ys = jnp.asarray(1 + normal(3, (10_000, 3)), jnp.bfloat16)
    mask = normal(4, (10_000,)) > -1 if masked else None

    def total(ys):
        return (mean(ys, mask) * jnp.arange(1.0, 4.0).astype(ys.dtype)).sum().astype(jnp.float32)

    found, single = mean(ys, mask), mean(ys.astype(jnp.float32), mask)
    assert found.dtype == jnp.bfloat16
    np.testing.assert_allclose(found.astype(np.float32), single, rtol=2**-8)
    found, single = jax.grad(total)(ys), jax.grad(total)(ys.astype(jnp.float32))
    np.testing.assert_allclose(found.astype(np.float32), single, rtol=2**-7)
