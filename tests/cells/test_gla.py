import jax
import numpy as np
import pytest

from rnnjax.cells import GLA
from rnnjax.cells.matrix.gla import GLAParams
from rnnjax.cells.matrix.memories import DecayElement, MatrixState
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import normal


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(cell, p, state, x):
    (S,) = state
    q, k, v, a = (heads_of(cell, z) for z in (x @ p.w_q, x @ p.w_k, x @ p.w_v, x @ p.w_a1 @ p.w_a2))
    alpha = sigmoid(a + heads_of(cell, p.b_a)) ** (1 / cell.tau)
    S = np.stack([np.diag(alpha[h]) @ S[h] + np.outer(k[h], v[h]) for h in range(cell.heads)])
    y = np.concatenate([q[h] @ S[h] for h in range(cell.heads)]) / np.sqrt(k.shape[1])
    return (S,), y


def test_the_papers_equations_on_every_engine():
    agrees_with(step, GLA(6, heads=2, rank=3))


def test_steps_compose():
    composes(GLA(6, heads=2))


def test_the_authors_numbers():
    cell = GLA(1, key_dim=2)
    none = np.zeros((2, 2))
    params = GLAParams(np.eye(2), none, np.zeros((2, 1)), none, none, np.zeros(2))
    alphas, ks, vs = [[0.9, 0.5], [0.8, 0.25]], [[1, -1], [0.5, 2]], [2, -1]
    ys = []
    with jax.enable_x64(True):
        state = cell.initial_state(params)
        for alpha, k, v, q in zip(alphas, ks, vs, np.array([[1.0, 1], [2, -1]]), strict=True):
            element = DecayElement(np.array([alpha]), np.array([[[x * v] for x in k]]))
            state = cell.apply(element, state)
            ys.append(float(cell.readout(params, state, q)[0]))
    np.testing.assert_allclose(state.S[0, :, 0], [1.1, -2.5], rtol=1e-14)
    np.testing.assert_allclose(ys, [0, 3.3234018715767735], rtol=1e-14)


def test_without_decay_it_is_linear_attention():
    cell = GLA(4, key_dim=3)
    params = cell.init(jax.random.key(0), 2)
    params = params._replace(w_a2=0 * params.w_a2, b_a=params.b_a + 1e3)
    xs = normal(1, (6, 2))
    elements = cell.element(params, xs)
    np.testing.assert_array_equal(elements.decay, 1)
    state = MatrixState(elements.drive.cumsum(0))
    q, k, v = (np.asarray(xs @ w) for w in (params.w_q, params.w_k, params.w_v))
    expected = np.tril(q @ k.T) @ v / np.sqrt(3)
    np.testing.assert_allclose(cell.readout(params, state, xs), expected, rtol=1e-4, atol=1e-5)


def test_keys_are_half_as_wide_as_values_by_default():
    params = jax.eval_shape(lambda key: GLA(64, heads=4).init(key, 8), jax.random.key(0))
    assert (params.w_k.shape, params.w_v.shape, params.w_a1.shape) == ((8, 32), (8, 64), (8, 16))
    assert GLA(6, heads=2).dk == 2  # of 3


def test_heads_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match=r"^GLA\(hidden=5, heads=2\): heads must divide hidden$"):
        GLA(5, heads=2)
    with pytest.raises(ValueError, match="key_dim must be a whole number of 1 or more"):
        GLA(4, key_dim=0)


def test_a_root_is_above_zero():
    with pytest.raises(ValueError, match=r"tau=0\): tau must be above 0"):
        GLA(4, tau=0)
