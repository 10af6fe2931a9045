import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.cells import DeltaNet, DeltaProduct
from rnnjax.cells.matrix.deltanet import DeltaNetParams
from tests.cells.loops import sigmoid
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import assert_close, normal, params_of


def unit(z):
    return z / np.sqrt((z**2).sum(-1, keepdims=True) + 1e-6)


def step(cell, p, state, x):
    (S,) = state
    S = np.array(S)
    q = unit(heads_of(cell, x @ p.w_q * sigmoid(x @ p.w_q)))
    blocks = (np.split(x @ w, cell.writes) for w in (p.w_k, p.w_v, p.w_b))
    for k, v, b in zip(*blocks, strict=True):
        k, v = unit(heads_of(cell, k * sigmoid(k))), heads_of(cell, v * sigmoid(v))
        for h in range(cell.heads):
            S[h] += 2 * sigmoid(b[h]) * np.outer(k[h], v[h] - k[h] @ S[h])
    return (S,), np.concatenate([q[h] @ S[h] for h in range(cell.heads)])


def test_the_papers_equations_on_every_engine():
    agrees_with(step, DeltaProduct(4, heads=2, writes=3))


def test_steps_compose():
    composes(DeltaProduct(4, heads=2, key_dim=3))


def test_one_write_is_deltanet():
    cell, other = DeltaProduct(4, heads=2, writes=1, beta_max=1.0), DeltaNet(4, heads=2)
    p, xs = params_of(cell), normal(1, (3, 2))
    assert_close(cell.element(p, xs), other.element(DeltaNetParams(*p), xs), rtol=1e-6)


def test_two_full_reflections_turn_the_memory():
    # What belongs to keys at an angle of 45 degrees, reflected by both: turned by 90.
    cell = DeltaProduct(2)
    big = 1e4
    keys = jnp.array([[big, -(big**2), big, big]])  # silu of the second is zero
    params = cell.init(jax.random.key(0), 1)._replace(
        w_k=keys, w_v=jnp.zeros((1, 4)), w_b=jnp.full((1, 2), 50.0)
    )
    state = cell.initial_state(params)._replace(S=jnp.eye(2)[None])
    after, _ = cell.step(params, state, jnp.ones(1))
    np.testing.assert_allclose(after.S[0], [[0, -1], [1, 0]], atol=1e-6)


def test_writes_under_which_a_memory_grows_are_refused():
    with pytest.raises(ValueError, match=r"beta_max must be in \(0, 2\]"):
        DeltaProduct(4, beta_max=2.5)
